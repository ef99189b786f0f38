#include "ops/attention/attention_plan.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "ops/batch.hpp"

namespace saccade::test {
namespace {

/// Tasks of a batch on some threads: one a whole head, else one a row block, of 48 rows or 96.
std::size_t tasks(int threads, std::int64_t heads, const std::vector<std::int64_t>& lengths) {
  Batch batch = {lengths, heads, 16, 16};
  batch.fill(1);
  const BatchTensors memory(batch);
  const AttentionTensors tensors = memory.tensors();
  const ops::AttentionProblem problem = {
      .q = tensors.q, .k = tensors.k, .v = tensors.v, .out = tensors.out, .offsets = tensors.offsets};
  ops::AttentionPlan plan(problem, threads);
  scheduler::Carver count;
  plan.lay_out(count);
  AlignedBuffer<std::byte> workspace(count.used());
  scheduler::Carver carver(workspace.data());
  plan.lay_out(carver);
  plan.prepare();
  CHECK(plan.next_wave());
  const std::size_t first_wave = plan.tasks();
  CHECK_FALSE(plan.next_wave());
  return first_wave;
}

TEST_CASE("heads that make even rounds for the threads are one task each, the last others are split") {
  CHECK(tasks(1, 3, {128}) == 3);
  CHECK(tasks(2, 12, {128}) == 12);
  CHECK(tasks(2, 13, {128}) == 12 + 3);
  CHECK(tasks(8, 12, {128}) == 8 + 4 * 3);
  CHECK(tasks(12, 12, {128}) == 12);
  CHECK(tasks(13, 12, {128}) == 12 * 3);
  CHECK(tasks(2, 1, {512, 500}) == 1 + 1);  // as good as equal
  CHECK(tasks(2, 1, {512, 400}) == 11 + 9);
}

TEST_CASE("shorter heads fill the round that longer ones have begun") {
  CHECK(tasks(2, 1, {128, 90, 90}) == 3);
  CHECK(tasks(16, 12, {512, 256, 256}) == 12 + 12 + 4 + 8 * 6);
  CHECK(tasks(2, 1, {512, 48, 48}) == 11 + 2);
}

TEST_CASE("row blocks of long sequences make even rounds") {
  CHECK(tasks(1, 1, {4096}) == 43);      // 42 of 96 rows, one of 64
  CHECK(tasks(2, 1, {4096}) == 42 + 2);  // two of 32
  CHECK(tasks(2, 1, {4032}) == 42);
  CHECK(tasks(2, 1, {4033}) == 42 + 1);
  CHECK(tasks(2, 3, {2048}) == 3 * (20 + 2));
  CHECK(tasks(2, 128, {60}) == 128);  // no round: shared out they would be read twice
  CHECK(tasks(8, 1, {4096}) == 86);   // too few for eight threads: of 48 rows
}

}  // namespace
}  // namespace saccade::test
