// Joining the states of key blocks, and results over disjoint keys.

#include <cmath>
#include <vector>

#include "kernels/each_table.hpp"
#include "reference/attention_head.hpp"
#include "reference/compare.hpp"
#include "reference/guarded_matrix.hpp"

namespace saccade::test {
namespace {

using kernels::KernelTable;

constexpr std::int64_t queries = 3, keys = 1300, head_dim = 9, value_dim = 21, blocks = 3;
constexpr std::int64_t state_size = value_dim + 2;

/// Attention of a few rows over three key blocks, with what is left of each block.
struct Attended {
  std::vector<float> out, log_sum_exp, states;
};

Attended attend(const KernelTable& t, const AttentionHead& head, const float* sink) {
  std::vector<float> panels(
      static_cast<std::size_t>(kernels::round_up(keys, kernels::panel_width) * head_dim));
  std::vector<std::uint8_t> finite(blocks);
  t.pack_panels({head.k.data(), false, head_dim, keys, head_dim, panels.data()});
  t.pack_values({head.v.data(), value_dim, keys, value_dim, finite.data()});
  GuardedMatrix scratch(1, kernels::AttentionScratch{head_dim, value_dim, blocks}.values());
  Attended got = {std::vector<float>(queries * value_dim), std::vector<float>(queries),
                  std::vector<float>(queries * blocks * state_size)};
  t.attention_block({.q = {head.q.data(), head_dim},
                     .rows = queries,
                     .source = {.keys = panels.data(), .values = head.v.data(), .value_stride = value_dim},
                     .finite = finite.data(),
                     .keys = keys,
                     .head_dim = head_dim,
                     .value_dim = value_dim,
                     .rules = {.scale = head.scale, .left = head.left, .right = head.right},
                     .first_position = head.first_position,
                     .out = {got.out.data(), value_dim},
                     .scratch = scratch.data(),
                     .sinks = sink,
                     .log_sum_exp = {got.log_sum_exp.data(), 1},
                     .state_blocks = blocks,
                     .states = {got.states.data(), blocks * state_size}});
  return got;
}

KERNEL_TEST_CASE("merge_states", "same bits: states of blocks, in parts of any size, merge to the row") {
  AttentionHead head = {queries, keys, head_dim, value_dim};
  head.fill(4, 2.0f);
  head.first_position = 700;
  const float sink = 1.5f;
  for (const std::int64_t right :
       {unlimited, std::int64_t{0}}) {  // the last block is hidden from all rows, or not
    head.right = right;
    for_each_table([&](const KernelTable& t) {
      for (const float* with_sink : {static_cast<const float*>(nullptr), &sink}) {
        const Attended one = attend(t, head, with_sink);
        for (const std::ptrdiff_t first : {0, 1, 2, 3}) {
          for (std::int64_t row = 0; row < queries; ++row) {
            const float* const states = one.states.data() + row * blocks * state_size;
            const float* const parts[] = {states, states + first * state_size};
            const std::ptrdiff_t counts[] = {first, blocks - first};
            GuardedMatrix out(1, value_dim), scratch(1, kernels::round_up(value_dim, kernels::panel_width));
            float log_sum_exp = 0.0f;
            t.merge_states({.parts = parts,
                            .blocks = counts,
                            .count = 2,
                            .value_dim = value_dim,
                            .sink = with_sink,
                            .out = out.data(),
                            .out_type = StorageType::f32,
                            .log_sum_exp = &log_sum_exp,
                            .log_sum_exp_type = StorageType::f32,
                            .scratch = scratch.data()});
            CHECK(out.guards_hold());
            CHECK(scratch.guards_hold());
            CHECK(difference(out.values(), {one.out.data() + row * value_dim, value_dim}) == "");
            CHECK(log_sum_exp == one.log_sum_exp[static_cast<std::size_t>(row)]);
          }
        }
      }
    });
  }
}

KERNEL_TEST_CASE("merge_results", "same bits: results are weighed by their log-sum-exps") {
  Random random(6);
  for (const std::int64_t width : {1, 7, 16, 21, 64, 65}) {
    const std::vector<float> first = random.values(width), second = random.values(width);
    const float a = 1.25f, b = -0.5f;
    const double wa = 1 / (1 + std::exp(static_cast<double>(b) - a)), wb = 1 - wa;
    std::vector<double> expected, tolerance;
    for (std::size_t i = 0; i < first.size(); ++i) {
      expected.push_back(wa * first[i] + wb * second[i]);
      tolerance.push_back(1e-6);
    }
    std::vector<float> before;
    for_each_table([&](const KernelTable& t) {
      GuardedMatrix out(1, width);
      float log_sum_exp = 0.0f;
      t.merge_results({first.data(), second.data(), a, b, width, out.data(), &log_sum_exp});
      CHECK(out.guards_hold());
      CHECK(outside(out.values(), expected, tolerance) == "");
      CHECK(log_sum_exp == doctest::Approx(std::log(std::exp(1.25) + std::exp(-0.5))));
      if (!before.empty()) CHECK(difference(out.values(), before) == "");
      before = out.values();
    });
  }
}

}  // namespace
}  // namespace saccade::test
