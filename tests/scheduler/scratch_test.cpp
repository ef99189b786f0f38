#include <doctest/doctest.h>

#include <cstdint>
#include <optional>

#include "scheduler/scratch.hpp"

namespace saccade::scheduler {
namespace {

TEST_CASE("a carver cuts aligned pieces that do not meet, and counts the same without memory") {
  AlignedBuffer<std::byte> memory(1024);
  Carver carver(memory.data()), counter;
  std::byte* end = memory.data();
  for (const std::size_t count : {1u, 16u, 17u, 0u, 5u}) {
    float* const piece = carver.take<float>(count);
    CHECK(reinterpret_cast<std::uintptr_t>(piece) % 64 == 0);
    CHECK(reinterpret_cast<std::byte*>(piece) >= end);
    end = reinterpret_cast<std::byte*>(piece + count);
    CHECK(counter.take<float>(count) == nullptr);
    CHECK(counter.used() == carver.used());
  }
  CHECK(end <= memory.data() + carver.used());
}

TEST_CASE("memory comes back and is used again") {
  ScratchPool pool;
  std::byte* memory = nullptr;
  {
    ScratchPool::Lease lease(pool, 1000);
    memory = lease.memory();
    CHECK(pool.bytes() == 1000);
  }
  for (const std::size_t bytes : {1000u, 1u, 999u}) {
    ScratchPool::Lease lease(pool, bytes);
    CHECK(lease.memory() == memory);
    CHECK(pool.bytes() == 1000);
  }
}

TEST_CASE("a larger lease takes the place of a free block") {
  ScratchPool pool;
  { ScratchPool::Lease lease(pool, 1000); }
  { ScratchPool::Lease lease(pool, 3000); }
  CHECK(pool.bytes() == 3000);
}

TEST_CASE("leases at once have blocks of their own") {
  ScratchPool pool;
  std::optional<ScratchPool::Lease> first, second;
  first.emplace(pool, 500u);
  second.emplace(pool, 700u);
  CHECK(first->memory() != second->memory());
  CHECK(pool.bytes() == 1200);
  first.reset();
  second.reset();
  first.emplace(pool, 400u);   // the smaller block
  second.emplace(pool, 700u);  // so that the larger one is free
  CHECK(pool.bytes() == 1200);
}

TEST_CASE("reserve takes memory ahead, once") {
  ScratchPool pool;
  pool.reserve(2000);
  pool.reserve(1500);
  CHECK(pool.bytes() == 2000);
  ScratchPool::Lease lease(pool, 2000);
  CHECK(pool.bytes() == 2000);
}

}  // namespace
}  // namespace saccade::scheduler
