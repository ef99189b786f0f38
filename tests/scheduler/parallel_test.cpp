#include <doctest/doctest.h>

#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <thread>
#include <vector>

#include "reference/host_floating_point.hpp"
#include "saccade/engine.hpp"
#include "scheduler/parallel.hpp"

namespace saccade::scheduler {
namespace {

/// Lets oneTBB start threads beyond the machine's CPUs, so that engines of eight have eight.
const tbb::global_control eight_workers(tbb::global_control::max_allowed_parallelism, 8);

Engine engine_of(int threads) {
  return Engine({.threads = threads, .isa = {}});
}

/// Counts how often each task runs and whether two threads ever hold a slot at once.
class Ledger {
 public:
  Ledger(std::size_t tasks, int slots)
      : runs_(tasks), held_(static_cast<std::size_t>(slots)), slots_(slots) {}

  void run(std::size_t task, int slot) const noexcept {
    if (slot < 0 || slot >= slots_ || held_[static_cast<std::size_t>(slot)].exchange(true)) {
      ++errors_;
      return;
    }
    ++runs_[task];
    volatile int spin = 200;
    while (spin > 0) spin = spin - 1;
    held_[static_cast<std::size_t>(slot)] = false;
  }
  [[nodiscard]] bool each_once() const {
    for (const auto& count : runs_) {
      if (count != 1) return false;
    }
    return errors_ == 0;
  }

 private:
  mutable std::vector<std::atomic<int>> runs_;
  mutable std::vector<std::atomic<bool>> held_;
  mutable std::atomic<int> errors_ = 0;
  int slots_;
};

bool runs_each_once(Engine& engine, std::size_t tasks) {
  const Ledger ledger(tasks, engine.threads());
  run_tasks(scheduler::context_of(engine), tasks,
            [&](std::size_t task, int slot) noexcept { ledger.run(task, slot); });
  return ledger.each_once();
}

TEST_CASE("every task runs once, in a slot that no other thread holds") {
  for (const int threads : {1, 2, 3, 8}) {
    CAPTURE(threads);
    Engine engine = engine_of(threads);
    for (const std::size_t tasks : {0u, 1u, 2u, 3u, 7u, 8u, 9u, 1000u}) {
      CAPTURE(tasks);
      CHECK(runs_each_once(engine, tasks));
    }
  }
}

TEST_CASE("several threads of the host may run loops on one engine at once") {
  for (const int threads : {1, 2, 8}) {
    Engine engine = engine_of(threads);
    std::atomic<int> failures = 0;
    std::vector<std::thread> hosts;
    for (int host = 0; host < 4; ++host) {
      hosts.emplace_back([&] {
        for (int round = 0; round < 50; ++round) failures += !runs_each_once(engine, 40);
      });
    }
    for (std::thread& host : hosts) host.join();
    CHECK(failures == 0);
  }
}

TEST_CASE("a loop may run inside a task of the host") {
  Engine outer = engine_of(2), inner = engine_of(3);
  std::atomic<int> failures = 0;
  run_tasks(scheduler::context_of(outer), 6,
            [&](std::size_t, int) noexcept { failures += !runs_each_once(inner, 20); });
  CHECK(failures == 0);
}

TEST_CASE("one thread takes tasks in order") {
  Engine engine = engine_of(1);
  std::vector<std::size_t> order;
  run_tasks(scheduler::context_of(engine), 5, [&](std::size_t task, int) noexcept { order.push_back(task); });
  CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("a loop of few threads has so few slots, and that of one runs in the caller's") {
  Engine engine = engine_of(8);
  for (const int threads : {1, 2, 3, 8, 9}) {
    CAPTURE(threads);
    const Ledger ledger(500, std::min(threads, 8));
    std::atomic<int> elsewhere = 0;
    const auto body = [&, caller = std::this_thread::get_id()](std::size_t task, int slot) noexcept {
      elsewhere += std::this_thread::get_id() != caller;
      ledger.run(task, slot);
    };
    run_tasks(scheduler::context_of(engine), 500, body, threads);
    CHECK(ledger.each_once());
    CHECK((threads > 1 || elsewhere == 0));
  }
}

/// 1 + 2^-24 rounds to 1, and a subnormal product stays one, in the default environment only.
bool environment_is_default() noexcept {
  volatile float one = 1.0f, little = 0x1p-24f, small = 0x1p-100f, smaller = 0x1p-40f;
  const volatile float sum = one + little, product = small * smaller;
  return sum == 1.0f && product == 0x1p-140f && std::fegetround() == FE_TONEAREST;
}

TEST_CASE("tasks run in the default floating-point environment, and the host's comes back") {
  for (const int threads : {1, 2, 8}) {
    CAPTURE(threads);
    for (const int rounding : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
      const test::HostFloatingPoint host(rounding);  // before the arena exists: its threads may inherit it
      Engine engine = engine_of(threads);
      std::atomic<int> failures = 0;
      run_tasks(scheduler::context_of(engine), 100,
                [&](std::size_t, int) noexcept { failures += !environment_is_default(); });
      const bool flushes = test::flushes_to_zero();
      const int after = std::fegetround();
      CHECK(failures == 0);
      CHECK(after == rounding);
      CHECK(flushes);
    }
  }
}

}  // namespace
}  // namespace saccade::scheduler
