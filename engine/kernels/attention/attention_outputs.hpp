#pragma once

// What is written of a row's merged blocks: output, log-sum-exp, probabilities, top keys, states.

#include "kernels/attention/attention_work.hpp"

namespace saccade::kernels {
namespace {

/// sums = sums * factors.before + block_sums * factors.block
template <class L>
[[gnu::always_inline]] inline void add_scaled(float* sums, const float* block_sums, MergeFactors factors,
                                              std::ptrdiff_t width) noexcept {
  const auto a = L::broadcast(factors.before), b = L::broadcast(factors.block);
  std::ptrdiff_t d = 0;
  for (; d + L::count <= width; d += L::count)
    L::store(sums + d, L::fma(L::load(sums + d), a, L::load(block_sums + d) * b));
  if (const int rest = static_cast<int>(width - d); rest > 0)
    L::store(sums + d, L::fma(L::load(sums + d, rest), a, L::load(block_sums + d, rest) * b), rest);
}

/// Merges a block into its row, in key order. Powers of two scale exactly, so only the sums round.
template <class L>
void merge_block(MergedRow& row, RowState block, const float* block_sums, std::ptrdiff_t width) noexcept {
  if (!row.any) {
    copy_values<L>(block_sums, row.sums, width);
    row.state = block;
    row.any = true;
    return;
  }
  add_scaled<L>(row.sums, block_sums, merge_into(row.state, block), width);
}

/// The state of a block of one score: m and the power.
template <class L>
RowState state_of_score(float score, float c) noexcept {
  const PowerBase base = PowerBase::near(score, c);
  return {base.m, power_of<L>(score, base)};
}

/// Merges the sink, after all blocks: it has no value, so that it only adds to l.
template <class L>
void merge_sink(MergedRow& row, float sink, std::ptrdiff_t width) noexcept {
  if (!row.any) return;
  const RowState before = row.state, block = state_of_score<L>(sink, log2_e);
  row.state = merge(before, block);
  const auto alpha = L::broadcast(rescale(before.m, row.state.m));
  change_values<L>(row.sums, width, [&](auto sum) { return sum * alpha; });
}

/// out = sums / l; zeros for a row without a visible key. Adding +0 turns -0 into +0.
template <class L, class Stored>
[[gnu::always_inline]] inline void write_row(const MergedRow& row, std::ptrdiff_t width,
                                             Stored* out) noexcept {
  if (!row.any) fill<L>(row.sums, 0, width, 0.0f);
  const auto zero = L::broadcast(0.0f), r = L::broadcast(row.any ? 1.0f / row.state.l : 0.0f);
  std::ptrdiff_t d = 0;
#pragma GCC unroll 4
  for (; d + L::count <= width; d += L::count) L::store(out + d, L::load(row.sums + d) * r + zero);
  if (const int rest = static_cast<int>(width - d); rest > 0)
    L::store(out + d, L::load(row.sums + d, rest) * r + zero, rest);
}

/// ln(sum exp); -infinity for a row without a visible key.
inline float log_sum_exp_of(const MergedRow& row) noexcept {
  return row.any ? log_sum_exp_of(row.state) : -infinity;
}

/// Marks a hidden key among powers, which are never negative.
constexpr float no_power = -1.0f;

/// p = (power * 2^(m_block - m)) / l, +0 where a key is hidden; powers are there already.
template <class L>
void write_probabilities(const AttentionWork<L>& w, std::ptrdiff_t row) noexcept {
  float* const p = w.a.score_rows[row];
  if (p == nullptr) return;
  const float r = 1.0f / w.state[row].l;
  for (std::ptrdiff_t b = 0; b < w.blocks; ++b) {
    const KeyRange keys = w.block(b);
    const float factor = rescale(w.block_maxima[row * w.blocks + b], w.state[row].m);
    for (std::ptrdiff_t j = keys.begin; j < keys.end; ++j) p[j] = p[j] == no_power ? 0.0f : p[j] * factor * r;
  }
}

/// Inserts scores of row i of the group into the row's list of highest scores, descending, equal ones by
/// ascending key.
template <class L>
void update_top(AttentionWork<L>& w, const RowGroup& g, std::ptrdiff_t i) noexcept {
  const std::ptrdiff_t row = g.first + i, top = w.a.top;
  const float* const u = w.scores + i * w.score_stride;
  float* const scores = w.top_scores + row * top;
  float* const keys = w.top_keys + row * top;
  std::ptrdiff_t& count = w.top_count[row];
  const auto consider = [&](std::ptrdiff_t key) {
    const float x = u[key];
    if (!(x > (count < top ? -infinity : scores[top - 1]))) return;
    if (count < top) ++count;
    std::ptrdiff_t at = count - 1;
    for (; at > 0 && x > scores[at - 1]; --at) {
      scores[at] = scores[at - 1];
      keys[at] = keys[at - 1];
    }
    scores[at] = x;
    keys[at] = __builtin_bit_cast(float, static_cast<std::int32_t>(g.block.begin + key));
  };
  std::ptrdiff_t key = g.visible[i].begin;
  for (; key < g.visible[i].end && key % panel_width != 0; ++key) consider(key);
  for (; key + panel_width <= g.visible[i].end; key += panel_width) {
    auto largest = L::broadcast(-infinity);  // NaN is the first operand of max, which leaves it out
    for (std::ptrdiff_t part = 0; part < panel_width; part += L::count)
      largest = L::max(L::load(u + key + part), largest);
    if (count == top && !(L::largest(largest) > scores[top - 1])) continue;
    for (std::ptrdiff_t k = key; k < key + panel_width; ++k) consider(k);
  }
  for (; key < g.visible[i].end; ++key) consider(key);
}

/// Writes the top keys of a row and their probabilities, with the bits that write_probabilities gives.
template <class L>
void write_top(const AttentionWork<L>& w, std::ptrdiff_t row) noexcept {
  std::int32_t* const keys = of_row(w.a, w.a.top_keys, row);
  float* const probabilities = of_row(w.a, w.a.top_probabilities, row);
  for (std::ptrdiff_t n = 0; n < w.a.top; ++n) {
    keys[n] = -1;
    probabilities[n] = 0.0f;
    if (n >= w.top_count[row]) continue;
    keys[n] = __builtin_bit_cast(std::int32_t, w.top_keys[row * w.a.top + n]);
    const float m = w.block_maxima[row * w.blocks + (w.a.first_key % key_block + keys[n]) / key_block];
    const float power = power_of<L>(w.top_scores[row * w.a.top + n], PowerBase{w.scale.c, m});
    probabilities[n] = power * rescale(m, w.state[row].m) * (1.0f / w.state[row].l);
  }
}

/// Stores the states of a group's rows over one block.
template <class L>
void write_states(const AttentionWork<L>& w, const RowGroup& g, const float* sums) noexcept {
  for (std::ptrdiff_t i = 0; i < g.count; ++i) {
    float* const to = of_row(w.a, w.a.states, g.first + i) + g.number * (w.a.value_dim + 2);
    to[0] = g.visible[i].empty() ? -1.0f : w.block_state[i].l;
    to[1] = g.visible[i].empty() ? 0.0f : w.block_state[i].m;
    if (g.visible[i].empty()) {
      fill<L>(to, 2, w.a.value_dim + 2, 0.0f);
    } else {
      // Adding +0 makes every zero the same: whether a chain passes -0 depends on the tile.
      const float* const from = sums + i * w.value_stride;
      for (std::ptrdiff_t d = 0; d < w.a.value_dim; ++d) to[2 + d] = from[d] + 0.0f;
    }
  }
}

/// Marks the states of blocks beyond this sequence, which longer ones have, as empty.
template <class L>
void clear_states(const AttentionWork<L>& w, std::ptrdiff_t row) noexcept {
  const std::ptrdiff_t size = w.a.value_dim + 2;
  float* const states = of_row(w.a, w.a.states, row);
  for (std::ptrdiff_t block = w.blocks; block < w.a.state_blocks; ++block) {
    fill<L>(states, block * size, (block + 1) * size, 0.0f);
    states[block * size] = -1.0f;
  }
}

/// Loads the state that an earlier call has stored for a row.
template <class L>
void load_running(AttentionWork<L>& w, std::ptrdiff_t row) noexcept {
  const float* const from = of_row(w.a, w.a.running, row);
  if (from[0] == -1.0f) return;
  w.state[row] = {from[1], from[0]};
  w.merged[row] = true;
  float* const sums = w.sums + row * w.value_stride;
  copy_values<L>(from + 2, sums, w.a.value_dim);
  fill<L>(sums, w.a.value_dim, w.value_stride, 0.0f);  // merging takes whole registers
}

/// Stores a row's state for a later call.
template <class L>
void store_running(const MergedRow& row, std::ptrdiff_t value_dim, float* to) noexcept {
  to[0] = row.any ? row.state.l : -1.0f;
  to[1] = row.any ? row.state.m : 0.0f;
  if (row.any) {
    copy_values<L>(row.sums, to + 2, value_dim);
  } else {
    fill<L>(to, 2, value_dim + 2, 0.0f);
  }
}

template <class L>
void finish_row(MergedRow row, std::ptrdiff_t value_dim, const float* sink, StorageType out_type, void* out,
                StorageType log_sum_exp_type, void* log_sum_exp) noexcept {
  if (sink != nullptr) merge_sink<L>(row, *sink, value_dim);
  with_stored(out_type, out, [&](auto* to) { write_row<L>(row, value_dim, to); });
  if (log_sum_exp != nullptr) store_value<L>(log_sum_exp_type, log_sum_exp, 0, log_sum_exp_of(row));
}

template <class L>
void merge_states(const MergeStates& merge) noexcept {
  MergedRow row = {merge.scratch, {}, false};
  for (std::ptrdiff_t part = 0; part < merge.count; ++part) {
    for (std::ptrdiff_t block = 0; block < merge.blocks[part]; ++block) {
      const float* const state = merge.parts[part] + block * (merge.value_dim + 2);
      if (state[0] != -1.0f) merge_block<L>(row, {state[1], state[0]}, state + 2, merge.value_dim);
    }
  }
  if (merge.running != nullptr) store_running<L>(row, merge.value_dim, merge.running);
  finish_row<L>(row, merge.value_dim, merge.sink, merge.out_type, merge.out, merge.log_sum_exp_type,
                merge.log_sum_exp);
}

/// out = (e^a first + e^b second) / (e^a + e^b) for log-sum-exps a and b.
template <class L>
void merge_results(const MergeResults& r) noexcept {
  const float lse[2] = {r.first_log_sum_exp, r.second_log_sum_exp};
  const float* const from[2] = {r.first, r.second};
  if (lse[0] == -infinity || lse[1] == -infinity) {
    const int one = lse[0] == -infinity ? 1 : 0;
    copy_values<L>(from[one], r.out, r.value_dim);
    if (r.log_sum_exp != nullptr) *r.log_sum_exp = lse[one];
    return;
  }
  const RowState a = state_of_score<L>(lse[0], log2_e), b = state_of_score<L>(lse[1], log2_e),
                 both = merge(a, b);
  const float wa = a.l * rescale(a.m, both.m) / both.l, wb = b.l * rescale(b.m, both.m) / both.l;
  const auto join = [&](auto x, auto y) { return L::fma(x, L::broadcast(wa), y * L::broadcast(wb)); };
  std::ptrdiff_t d = 0;
  for (; d + L::count <= r.value_dim; d += L::count)
    L::store(r.out + d, join(L::load(from[0] + d), L::load(from[1] + d)));
  if (const int rest = static_cast<int>(r.value_dim - d); rest > 0)
    L::store(r.out + d, join(L::load(from[0] + d, rest), L::load(from[1] + d, rest)), rest);
  if (r.log_sum_exp != nullptr) *r.log_sum_exp = log_sum_exp_of(both);
}

}  // namespace
}  // namespace saccade::kernels
