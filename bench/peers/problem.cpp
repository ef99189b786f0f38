// Inputs and check for engines that are not driven from C++: loaded by torch_sdpa.py.

#include "bench/attention_problem.hpp"

using namespace saccade::bench;

namespace {

AttentionShape shape_of(const std::int64_t* s, bool causal) {
  return {s[0], s[1], s[1], s[2], s[3], s[4], causal};
}

}  // namespace

/// shape: batch, heads, queries, keys, head_dim. q, k and v are [batch][heads][tokens][head_dim].
extern "C" void make_inputs(const std::int64_t* shape, float* q, float* k, float* v) {
  const AttentionInputs inputs(shape_of(shape, false));
  std::copy(inputs.q.begin(), inputs.q.end(), q);
  std::copy(inputs.k.begin(), inputs.k.end(), k);
  std::copy(inputs.v.begin(), inputs.v.end(), v);
}

/// max_abs_error() of out [batch][heads][queries][head_dim].
extern "C" double error_of(const std::int64_t* shape, int causal, const float* out) {
  const AttentionShape s = shape_of(shape, causal != 0);
  return max_abs_error(s, AttentionInputs(s), out);
}
