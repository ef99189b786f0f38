#include <doctest/doctest.h>

#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>

#include "fixtures/expect_error.hpp"
#include "reference/environment.hpp"
#include "saccade/engine.hpp"
#include "saccade/tbb.hpp"
#include "scheduler/parallel.hpp"

namespace saccade::test {
namespace {

constexpr Isa every_isa[] = {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon};

bool is_supported(Isa isa) {
  const std::vector<Isa> supported = supported_isas();
  return std::count(supported.begin(), supported.end(), isa) != 0;
}

/// How an error lists what can be had.
std::string supported_names() {
  std::string names;
  for (const Isa isa : supported_isas()) names += (names.empty() ? "" : ", ") + std::string(to_string(isa));
  return names;
}

TEST_CASE("an engine takes the fastest ISA where nothing is said") {
  const EnvironmentVariable none("SACCADE_ISA", nullptr);
  const Engine engine;
  CHECK(engine.isa() == supported_isas().back());
  CHECK(engine.isa_reason() == "fastest supported");
}

TEST_CASE("an ISA can be forced, or is an error that lists what is supported") {
  for (const Isa isa : every_isa) {
    const std::string name(to_string(isa));
    CAPTURE(name);
    if (is_supported(isa)) {
      const Engine engine({.threads = 1, .isa = isa});
      CHECK(engine.isa() == isa);
      CHECK(engine.isa_reason() == "asked for by the caller");
    } else {
      expect_error(ErrorCode::unsupported, {name, "supported: " + supported_names()},
                   [&] { Engine({.threads = 1, .isa = isa}); });
    }
  }
}

TEST_CASE("$SACCADE_ISA forces an ISA, or is an error that lists what is supported") {
  for (const Isa isa : every_isa) {
    const std::string name(to_string(isa));
    CAPTURE(name);
    const EnvironmentVariable forced("SACCADE_ISA", name.c_str());
    if (is_supported(isa)) {
      const Engine engine;
      CHECK(engine.isa() == isa);
      CHECK(engine.isa_reason() == "$SACCADE_ISA");
    } else {
      expect_error(ErrorCode::unsupported, {name, "supported: " + supported_names()}, [] { Engine(); });
    }
  }
}

TEST_CASE("$SACCADE_ISA that is no ISA is an error; empty it says nothing") {
  for (const char* name : {"AVX2", "sse", "avx512f", "all of them"}) {
    const EnvironmentVariable forced("SACCADE_ISA", name);
    expect_error(ErrorCode::invalid_argument, {"$SACCADE_ISA", name, supported_names()}, [] { Engine(); });
  }
  const EnvironmentVariable empty("SACCADE_ISA", "");
  CHECK(Engine().isa_reason() == "fastest supported");
}

TEST_CASE("the option counts more than $SACCADE_ISA") {
  const EnvironmentVariable forced("SACCADE_ISA", "no such thing");
  const Engine engine({.threads = 1, .isa = Isa::scalar});
  CHECK(engine.isa() == Isa::scalar);
}

TEST_CASE("threads are as many as asked for, or as the machine allows") {
  for (const int threads : {1, 2, 3, 64}) {
    const Engine engine({.threads = threads, .isa = {}});
    CHECK(engine.threads() == threads);
    CHECK(engine.threads_reason() == "asked for by the caller");
  }
  const Engine engine;
  CHECK(engine.threads() >= 1);
  CHECK(!engine.threads_reason().empty());
}

TEST_CASE("negative threads are an error") {
  expect_error(ErrorCode::invalid_argument, {"threads", "-3"}, [] { Engine({.threads = -3, .isa = {}}); });
}

TEST_CASE("an engine can live in the host's arena") {
  tbb::task_arena arena(3);
  Engine engine = engine_in_arena(arena, {.threads = 0, .isa = Isa::scalar});
  CHECK(engine.threads() == 3);
  CHECK(engine.isa() == Isa::scalar);
  CHECK(engine.threads_reason() == "the host's task arena");
  std::atomic<int> runs = 0, outside = 0;
  const auto body = [&](std::size_t, int slot) noexcept {
    ++runs;
    outside += slot < 0 || slot >= 3 || tbb::this_task_arena::max_concurrency() != 3;
  };
  scheduler::run_tasks(scheduler::context_of(engine), 100, body);
  CHECK(runs == 100);
  CHECK(outside == 0);
  arena.execute([&] { scheduler::run_tasks(scheduler::context_of(engine), 100, body); });
  CHECK(runs == 200);
  CHECK(outside == 0);
}

TEST_CASE("threads cannot be asked for in the host's arena") {
  tbb::task_arena arena(2);
  expect_error(ErrorCode::invalid_argument, {"threads", "4"},
               [&] { static_cast<void>(engine_in_arena(arena, {.threads = 4, .isa = {}})); });
}

TEST_CASE("engines side by side keep their own threads, ISA and scratch") {
  Engine one({.threads = 1, .isa = Isa::scalar}), two({.threads = 2, .isa = supported_isas().back()});
  one.reserve(1000);
  CHECK(one.scratch_bytes() == 1000);
  CHECK(two.scratch_bytes() == 0);
  Engine moved = std::move(one);
  CHECK(moved.scratch_bytes() == 1000);
  CHECK(moved.isa() == Isa::scalar);
  CHECK(two.threads() == 2);
}

}  // namespace
}  // namespace saccade::test
