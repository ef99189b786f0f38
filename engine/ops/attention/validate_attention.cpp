#include <algorithm>
#include <limits>
#include <string>

#include "core/as_size.hpp"
#include "core/require.hpp"
#include "ops/attention/validate.hpp"

namespace saccade::ops {
namespace {

void validate_tensors(const AttentionProblem& p) {
  validate(p.k, "k");
  validate(p.v, "v");
  if (p.key_offsets.empty()) core::require_equal("k.tokens", p.k.tokens, "q.tokens", p.q.tokens);
  core::require_equal("v.tokens", p.v.tokens, "k.tokens", p.k.tokens);
  core::require_equal("v.heads", p.v.heads, "k.heads", p.k.heads);
  core::require_equal("k.head_dim", p.k.head_dim, "q.head_dim", p.q.head_dim);
  core::require_equal("out.head_dim", p.out.head_dim, "v.head_dim", p.v.head_dim);
}

void validate_key_offsets(const AttentionProblem& p) {
  if (p.key_offsets.empty()) return;
  validate(p.key_offsets, p.k.tokens);
  if (p.key_offsets.size() != p.offsets.size())
    core::fail("key_offsets have " + std::to_string(p.key_offsets.size()) + " values; expected " +
               std::to_string(p.offsets.size()) + ", as offsets");
}

void validate_cache(const AttentionProblem& p) {
  const KeyValueCache& c = *p.cache;
  validate(c, p.sequences());
  core::require_equal("cache.head_dim", c.head_dim, "q.head_dim", p.q.head_dim);
  core::require_equal("out.head_dim", p.out.head_dim, "cache.value_dim", c.value_dim);
  core::require_equal("the number of lengths", static_cast<std::int64_t>(p.lengths.size()),
                      "the number of sequences in offsets", p.sequences());
  for (std::size_t s = 0; s < p.lengths.size(); ++s) validate_pages(c, s, p.lengths[s]);
}

void validate_positions(const AttentionProblem& p) {
  const AttentionOptions& o = p.options;
  core::require_each_sequence("first_query_positions", o.first_query_positions.size(), p.sequences());
  core::require_each_sequence("first_key_positions", o.first_key_positions.size(), p.sequences());
  for (std::size_t s = 0; s < o.first_query_positions.size(); ++s)
    core::require_position("first_query_positions", o.first_query_positions[s], -core::max_position, s);
  for (std::size_t s = 0; s < o.first_key_positions.size(); ++s) {
    core::require_position("first_key_positions", o.first_key_positions[s], 0, s);
    if (o.first_key_positions[s] % kernels::panel_width != 0)
      core::fail(core::item("first_key_positions", s) + " is " + core::to_text(o.first_key_positions[s]) +
                 "; expected a multiple of 16");
  }
}

void validate_key_counts(const AttentionProblem& p) {
  const std::span<const std::int64_t> counts = p.options.key_counts;
  core::require_each_sequence("key_counts", counts.size(), p.sequences());
  if (counts.empty()) return;
  AttentionProblem all = p;
  all.options.key_counts = {};
  for (std::size_t s = 0; s < counts.size(); ++s) {
    const std::int64_t keys = all.keys(static_cast<std::int64_t>(s));
    if (counts[s] < 0 || counts[s] > keys)
      core::fail(core::item("key_counts", s) + " is " + core::to_text(counts[s]) + "; expected 0 to " +
                 core::to_text(keys) + ", the keys of the sequence");
  }
}

/// Every element that a call may look at must be addressable.
template <class View>
void validate_by_key(std::string_view name, const View& view, const AttentionProblem& p) {
  core::require_not_negative(name, ".keys", view.keys);
  core::require_not_negative(name, ".sequence_stride", view.sequence_stride);
  core::require_not_negative(name, ".head_stride", view.head_stride);
  core::require_not_negative(name, ".query_stride", view.query_stride);
  core::require_not_negative(name, ".key_stride", view.key_stride);
  std::int64_t longest = 0;
  for (std::int64_t s = 0; s < p.sequences(); ++s) longest = std::max(longest, p.keys(s));
  core::require_addressable(name, p.sequences(), view.sequence_stride);
  core::require_addressable(name, p.q.heads, view.head_stride);
  core::require_addressable(name, p.q.tokens, view.query_stride);
  core::require_addressable(name, longest, view.key_stride);
}

void validate_rules(const AttentionProblem& p) {
  const AttentionOptions& o = p.options;
  // Scores are multiplied by its reciprocal.
  constexpr float least = 1.0f / std::numeric_limits<float>::max();
  if (o.softcap != 0.0f && !(o.softcap > least && o.softcap <= std::numeric_limits<float>::max()))
    core::fail("softcap is " + std::to_string(o.softcap) +
               "; expected 0 (none) or a finite positive number above 1e-38");
  if (o.mask.data != nullptr) validate_by_key("mask", o.mask, p);
  if (o.bias.data != nullptr) {
    validate_by_key("bias", o.bias, p);
    core::require_floating("bias", o.bias.type);
  }
  if (o.distance_bias.data != nullptr) {
    if (o.distance_bias.count < 1)
      core::fail("distance_bias.count is " + core::to_text(o.distance_bias.count) + "; expected 1 or more");
    core::require_position("distance_bias.count", o.distance_bias.count, 1);
    core::require_position("distance_bias.first_distance", o.distance_bias.first_distance,
                           -core::max_position);
    core::require_not_negative("distance_bias", ".head_stride", o.distance_bias.head_stride);
    core::require_addressable("distance_bias", p.q.heads, o.distance_bias.head_stride);
  }
  if (!o.sinks.empty())
    core::require_equal("the number of sinks", static_cast<std::int64_t>(o.sinks.size()), "q.heads",
                        p.q.heads);
}

void validate_states(const AttentionProblem& p) {
  const StatesView& states = p.options.states;
  if (states.data == nullptr) return;
  for (std::int64_t s = 0; s < p.sequences(); ++s) {
    const std::int64_t blocks = kernels::key_blocks(p.keys(s), p.key_position(s));
    if (states.blocks < blocks)
      core::fail("states.blocks is " + core::to_text(states.blocks) + "; sequence " + core::to_text(s) +
                 " has " + core::to_text(blocks));
  }
}

/// A part of the keys joins states of earlier ones.
void validate_running(const AttentionProblem& p) {
  const AttentionOptions& o = p.options;
  if (o.running.data == nullptr) return;
  const auto refuse = [](std::string_view what) {
    core::fail("running: " + std::string(what) + " cannot be computed from a part of the keys");
  };
  if (!o.probabilities.empty()) refuse("probabilities");
  if (o.top_keys.k != 0) refuse("top_keys");
  if (o.states.data != nullptr) refuse("states of single blocks");
  const bool positions = o.window.left != Window::unlimited || o.window.right != Window::unlimited ||
                         o.distance_bias.data != nullptr;
  if (positions && o.first_query_positions.empty())
    core::fail(
        "running: first_query_positions is empty; expected a position for each sequence, since the window or "
        "the bias by distance depends on it");
  for (std::int64_t s = 0; s < p.sequences(); ++s) {
    const std::int64_t position = p.key_position(s);
    if (!o.running.start && position % kernels::key_block != 0)
      core::fail(core::item("first_key_positions", static_cast<std::size_t>(s)) + " is " +
                 core::to_text(position) + "; expected a multiple of " + core::to_text(kernels::key_block) +
                 ", where a part that continues running states begins");
  }
}

}  // namespace

void validate_top_keys(const AttentionProblem& p) {
  const TopKeys& top = p.options.top_keys;
  core::require_not_negative("top_keys", ".k", top.k);
  if (top.k == 0) return;
  if (p.q.tokens == 0) return;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  if (top.k > most)
    core::fail("top_keys.k is " + core::to_text(top.k) + "; expected at most " + core::to_text(most));
  if (top.keys == nullptr || top.probabilities == nullptr)
    core::fail("top_keys.keys or .probabilities is null");
  core::require_not_negative("top_keys", ".token_stride", top.token_stride);
  core::require_not_negative("top_keys", ".head_stride", top.head_stride);
  core::require_addressable("top_keys", p.q.tokens, top.token_stride);
  core::require_addressable("top_keys", p.q.heads, top.head_stride);
  require_distinct("top_keys", p.q.tokens, p.q.heads, top.k, top.token_stride, top.head_stride);
}

void validate(const AttentionProblem& p) {
  validate(p.q, "q");
  validate(p.out, "out");
  if (p.cache == nullptr) validate_tensors(p);
  core::require_equal("out.tokens", p.out.tokens, "q.tokens", p.q.tokens);
  core::require_equal("out.heads", p.out.heads, "q.heads", p.q.heads);
  validate(p.offsets, p.q.tokens);
  if (p.cache != nullptr) {
    validate_cache(p);
  } else {
    validate_key_offsets(p);
  }
  if (p.q.heads % p.key_heads() != 0)
    core::fail("q.heads is " + core::to_text(p.q.heads) +
               "; expected a multiple of k.heads = " + core::to_text(p.key_heads()));
  for (const ConstHeadsView& view :
       {p.q, p.k, p.v, ConstHeadsView(p.out), ConstHeadsView(p.options.log_sum_exp)})
    core::require_addressable("a view's sequence_stride", p.sequences(), view.sequence_stride);
  require_distinct(p.out, "out", p.offsets);
  validate(p.options.window);
  validate_key_counts(p);
  validate_positions(p);
  validate_rules(p);
  validate_log_sum_exp(p.options.log_sum_exp, p.q.tokens, p.q.heads, p.offsets);
  validate_top_keys(p);
  validate_running(p);
  validate_states(p);
  validate_requests(p);
}

}  // namespace saccade::ops
