#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "core/aligned_buffer.hpp"

#include "reference/allocations.hpp"

namespace saccade {
namespace {

TEST_CASE("a buffer begins on a cache line and holds what was asked for") {
  for (const std::size_t size : {1u, 3u, 16u, 1000u}) {
    AlignedBuffer<float> buffer(size);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
    CHECK(buffer.size() == size);
    buffer.data()[size - 1] = 1.0f;
  }
}

TEST_CASE("a large buffer begins on a huge page") {
  AlignedBuffer<float> buffer(1000000);
  CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % core::huge_page == 0);
  buffer.data()[999999] = 1.0f;
}

TEST_CASE("more memory than there is throws and does not wrap") {
  if (!test::allocations_are_counted()) {
    MESSAGE("skipped: a sanitizer ends the program instead");
    return;
  }
  CHECK_THROWS_AS(AlignedBuffer<std::byte>(SIZE_MAX), std::bad_alloc);
  CHECK_THROWS_AS(AlignedBuffer<std::byte>(SIZE_MAX / 2), std::bad_alloc);
}

TEST_CASE("an empty buffer has no memory") {
  CHECK(AlignedBuffer<float>().data() == nullptr);
  CHECK(AlignedBuffer<float>(0).data() == nullptr);
  CHECK(AlignedBuffer<float>(0).size() == 0);
}

TEST_CASE("moving hands the memory over, once") {
  AlignedBuffer<int> first(10);
  int* const memory = first.data();
  AlignedBuffer<int> second(std::move(first));
  CHECK(second.data() == memory);
  AlignedBuffer<int> third(5);
  third = std::move(second);
  CHECK(third.data() == memory);
  CHECK(third.size() == 10);
  static_assert(!std::is_copy_constructible_v<AlignedBuffer<int>>);
  static_assert(std::is_nothrow_move_constructible_v<AlignedBuffer<int>>);
}

}  // namespace
}  // namespace saccade
