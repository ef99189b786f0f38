#include "kernels/attention_kernel.hpp"

#include "kernels/each_table.hpp"
#include "reference/compare.hpp"
#include "reference/contract.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/reference.hpp"

namespace saccade::test {
namespace {

struct PackedKeys {
  std::vector<float> panels;
  std::vector<std::uint8_t> finite;
};

PackedKeys pack_keys(const kernels::KernelTable& t, const AttentionHead& head) {
  PackedKeys keys = {
      std::vector<float>(
          static_cast<std::size_t>(kernels::round_up(head.keys, kernels::panel_width) * head.head_dim)),
      std::vector<std::uint8_t>(static_cast<std::size_t>(kernels::blocks_of(head.keys, kernels::key_block)))};
  t.pack_panels({head.k.data(), false, head.head_dim, head.keys, head.head_dim, keys.panels.data()});
  t.pack_values({head.v.data(), head.value_dim, head.keys, head.value_dim, keys.finite.data()});
  return keys;
}

}  // namespace

AttentionResult<float> run_attention(const kernels::KernelTable& t, const AttentionHead& head,
                                     std::int64_t gap, bool probabilities) {
  const PackedKeys keys = pack_keys(t, head);
  GuardedMatrix q(head.queries, head.head_dim, head.head_dim + gap, gap),
      v(head.keys, head.value_dim, head.value_dim + gap, gap),
      out(head.queries, head.value_dim, head.value_dim + 2 * gap, gap),
      p(head.queries, head.keys, head.keys + gap, gap),
      scratch(1, kernels::AttentionScratch{.head_dim = head.head_dim,
                                           .value_dim = head.value_dim,
                                           .blocks = kernels::key_blocks(head.keys, 0)}
                     .values());
  std::vector<float*> score_rows;
  for (std::int64_t i = 0; i < head.queries; ++i) score_rows.push_back(p.data() + i * p.stride());
  q.assign(head.q);
  v.assign(head.v);
  t.attention_block({.q = {q.data(), q.stride()},
                     .rows = head.queries,
                     .source = {.keys = keys.panels.data(), .values = v.data(), .value_stride = v.stride()},
                     .finite = keys.finite.data(),
                     .keys = head.keys,
                     .head_dim = head.head_dim,
                     .value_dim = head.value_dim,
                     .rules = {.scale = head.scale, .left = head.left, .right = head.right},
                     .first_position = head.first_position,
                     .out = {out.data(), out.stride()},
                     .scratch = scratch.data(),
                     .score_rows = probabilities ? score_rows.data() : nullptr});
  CHECK(out.guards_hold());
  CHECK(p.guards_hold());
  CHECK(scratch.guards_hold());
  if (!probabilities) CHECK(p.untouched());
  return {out.values(), probabilities ? p.values() : std::vector<float>()};
}

namespace {

void check_tables(const AttentionHead& head, std::int64_t gap) {
  const AttentionResult<float> expected = contract::attention(head);
  CAPTURE(head.queries);
  CAPTURE(head.keys);
  CAPTURE(head.head_dim);
  CAPTURE(head.value_dim);
  CAPTURE(head.first_position);
  CAPTURE(head.left);
  CAPTURE(head.right);
  CAPTURE(head.scale);
  const auto check = [&](const kernels::KernelTable& t) {
    const AttentionResult<float> got = run_attention(t, head, gap);
    CHECK(difference(got.out, expected.out) == "");
    CHECK(difference(got.probabilities, expected.probabilities) == "");
    if (t.isa != Isa::scalar) CHECK(difference(run_attention(t, head, 0, false).out, expected.out) == "");
  };
  for_each_table(check, head.accumulation);
}

}  // namespace

void check_contract(const AttentionHead& head, std::int64_t gap) {
  check_tables(head, gap);
  AttentionHead in_fp64 = head;
  in_fp64.accumulation = Accumulation::fp64;
  check_tables(in_fp64, gap);
}

void check_contract_and_reference(const AttentionHead& head, std::int64_t gap) {
  check_contract(head, gap);
  const AttentionResult<float> got = contract::attention(head);
  const AttentionResult<double> exact = attention(head), tolerance = attention_tolerance(head);
  CHECK(outside(got.out, exact.out, tolerance.out) == "");
  CHECK(outside(got.probabilities, exact.probabilities, tolerance.probabilities) == "");
}

}  // namespace saccade::test
