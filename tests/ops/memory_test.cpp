#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>

#include "ops/all_threads.hpp"
#include "ops/attention/attention.hpp"
#include "ops/batch.hpp"
#include "reference/allocations.hpp"
#include "reference/compare.hpp"

namespace saccade::test {
namespace {

Batch batch_of(std::vector<std::int64_t> lengths) {
  Batch batch = {std::move(lengths), 3, 16, 16};
  batch.fill(4);
  return batch;
}

TEST_CASE("attention_workspace tells what a call takes") {
  for (const int threads : {1, 2, 3}) {
    for (const std::vector<std::int64_t>& lengths :
         {std::vector<std::int64_t>{1}, {48}, {49}, {600, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 700}}) {
      Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
      const BatchTensors memory(batch_of(lengths));
      const std::size_t bytes = attention_workspace(engine, memory.tensors());
      CHECK(bytes > 0);
      attention(engine, memory.tensors());
      CHECK(engine.scratch_bytes() == bytes);
      attention(engine, memory.tensors());
      CHECK(engine.scratch_bytes() == bytes);
    }
  }
}

// Each thread that takes part has scratch of its own.
TEST_CASE("a small attention takes part of the threads, a large one all") {
  const auto workspace = [](int threads, const std::vector<std::int64_t>& lengths) {
    const Engine engine({.threads = threads, .isa = {}});
    const BatchTensors memory(batch_of(lengths));
    return attention_workspace(engine, memory.tensors());
  };
  CHECK(workspace(8, {20}) == workspace(1, {20}));
  CHECK(workspace(8, {130}) == workspace(3, {130}));  // 1.6 million multiply-adds
  CHECK(workspace(3, {130}) > workspace(2, {130}));
  CHECK(workspace(8, {600}) > workspace(7, {600}));
}

TEST_CASE("reserved memory is what calls use") {
  Engine engine = engine_of_all_threads({.threads = 2, .isa = {}});
  const BatchTensors memory(batch_of({300, 20}));
  engine.reserve(attention_workspace(engine, memory.tensors()));
  const std::size_t reserved = engine.scratch_bytes();
  attention(engine, memory.tensors());
  CHECK(engine.scratch_bytes() == reserved);
}

// A layer counts the workspace of selected rows before it knows where their probabilities are written, and
// then requests them.
TEST_CASE("chosen rows take the same workspace with and without probabilities") {
  for (const std::vector<std::int64_t>& lengths :
       {std::vector<std::int64_t>{5}, {100}, {7, 5, 60}, {600, 20, 513}, std::vector<std::int64_t>(50, 40)}) {
    const BatchTensors memory(batch_of(lengths));
    const AttentionTensors tensors = memory.tensors();
    std::vector<ProbabilitiesRequest> requests;
    for (std::size_t s = 0; s < lengths.size(); ++s)
      requests.push_back({.sequence = static_cast<std::int64_t>(s)});
    for (const std::vector<std::int64_t>& positions :
         {std::vector<std::int64_t>{0}, {3, 4}, std::vector<std::int64_t>(100, 1)}) {
      const auto rows = static_cast<std::int64_t>(lengths.size() * positions.size());
      ops::AttentionProblem problem = {.q = {.tokens = rows, .heads = 3, .head_dim = 16},
                                       .k = tensors.k,
                                       .v = tensors.v,
                                       .out = {.tokens = rows, .heads = 3, .head_dim = 16},
                                       .offsets = tensors.offsets,
                                       .positions = positions};
      for (const int threads : {1, 2, 3}) {
        CAPTURE(threads);
        const Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
        problem.options.probabilities = {};
        const std::size_t without = ops::attention_workspace(scheduler::context_of(engine), problem);
        problem.options.probabilities = requests;
        CHECK(ops::attention_workspace(scheduler::context_of(engine), problem) == without);
      }
    }
  }
}

TEST_CASE("work memory does not grow with the square of the length, nor with the batch") {
  Engine engine({.threads = 1, .isa = {}});
  const auto bytes = [&](std::vector<std::int64_t> lengths) {
    return attention_workspace(engine, BatchTensors(batch_of(std::move(lengths))).tensors());
  };
  CHECK(bytes({8000}) < 2 * bytes({4000}));
  CHECK(bytes(std::vector<std::int64_t>(1000, 40)) < bytes({40}) + 1000 * 128);
}

TEST_CASE("the counter sees allocations") {
  if (!allocations_are_counted()) return;
  const std::int64_t before = allocations();
  const auto number = std::make_unique<volatile int>(1);
  void* const memory = std::malloc(10);
  CHECK(memory != nullptr);
  std::free(memory);
  CHECK(allocations() >= before + 2);
}

/// Allocations of `calls` calls over a few batches, after some to warm up.
std::int64_t allocations_of(Engine& engine, int warm_up, int calls) {
  const BatchTensors large(batch_of({100, 20, 0, 60})), small(batch_of({7, 1})), one(batch_of({49}));
  const AttentionOptions causal = {.scale = {}, .window = Window::causal(), .probabilities = {}};
  std::int64_t before = 0;
  for (int i = -warm_up; i < calls; ++i) {
    if (i == 0) before = allocations();
    attention(engine, large.tensors());
    attention(engine, small.tensors());
    attention(engine, one.tensors(), causal);
  }
  return allocations() - before;
}

TEST_CASE("calls allocate nothing once the engine is warm") {
  if (!allocations_are_counted()) {
    MESSAGE("skipped: a sanitizer's allocator cannot be counted");
    return;
  }
  for (const int threads : {1, 2, 3}) {
    CAPTURE(threads);
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    // A thread of oneTBB's that wakes up late takes memory for itself once.
    std::int64_t taken = 1;
    for (int attempt = 0; attempt < 3 && taken != 0; ++attempt) taken = allocations_of(engine, 20, 100);
    CHECK(taken == 0);
  }
}

TEST_CASE("several threads may call one engine at once") {
  for (const int threads : {1, 2, 3}) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = {}});
    std::atomic<int> failures = 0;
    std::vector<std::thread> hosts;
    for (std::int64_t host = 0; host < 4; ++host) {
      hosts.emplace_back([&, host] {
        const Batch batch = batch_of({60 + host, 5, 150 - 40 * host});
        const std::vector<float> expected = attend(engine, batch);
        for (int round = 0; round < 20; ++round)
          failures += difference(attend(engine, batch), expected) != "";
      });
    }
    for (std::thread& host : hosts) host.join();
    CHECK(failures == 0);
  }
}

}  // namespace
}  // namespace saccade::test
