// Inputs and check for engines that are not driven from C++: loaded by torch_sdpa.py.

#include "bench/attention_problem.hpp"

using namespace saccade::bench;

namespace {

/// batch, heads, queries, keys, head_dim, and which of mask_kinds.
AttentionShape shape_of(const std::int64_t* s) {
  return {s[0], s[1], s[1], s[2], s[3], s[4], mask_kinds[s[5]]};
}

}  // namespace

/// q, k and v are [batch][heads][tokens][head_dim].
extern "C" void make_inputs(const std::int64_t* shape, float* q, float* k, float* v) {
  const AttentionInputs inputs(shape_of(shape));
  std::copy(inputs.q.begin(), inputs.q.end(), q);
  std::copy(inputs.k.begin(), inputs.k.end(), k);
  std::copy(inputs.v.begin(), inputs.v.end(), v);
}

/// seen [queries][keys]: whether a query sees a key.
extern "C" void make_mask(const std::int64_t* shape, bool* seen) {
  const AttentionShape s = shape_of(shape);
  for (std::int64_t i = 0; i < s.queries; ++i)
    for (std::int64_t j = 0; j < s.keys; ++j) *seen++ = s.sees(i, j);
}

extern "C" double flops_of(const std::int64_t* shape) {
  return shape_of(shape).flops();
}

/// max_abs_error() of out [batch][heads][queries][head_dim].
extern "C" double error_of(const std::int64_t* shape, const float* out) {
  const AttentionShape s = shape_of(shape);
  return max_abs_error(s, AttentionInputs(s), out);
}
