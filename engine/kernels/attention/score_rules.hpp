#pragma once

// What is done to scores between the two products: each rule is a step over one row of a block. A further
// kind of bias or mask is a case in each_bias or in find_visible_keys_of_row.

#include "kernels/attention/attention_work.hpp"
#include "kernels/math/tanh.hpp"

namespace saccade::kernels {
namespace {

/// Calls action(range, first, stride) for each piece of bias of row `row` over a range of keys of a block:
/// first[n * stride] is added to the score of key range.begin + n.
template <class L, class Action>
void each_bias(const AttentionWork<L>& w, std::ptrdiff_t row, KeyRange block, KeyRange range,
               const Action& action) noexcept {
  const ScoreRules& rules = w.a.rules;
  if (rules.bias.data != nullptr) {
    with_stored(rules.bias.type, of_row(w.a, rules.bias, row), [&](const auto* bias) {
      action(range, bias + (block.begin + range.begin) * rules.bias_key_stride, rules.bias_key_stride);
    });
  }
  if (rules.distance_bias != nullptr) {
    const float* const table = rules.distance_bias + w.a.head(row) * rules.distance_head_stride;
    // The key at `zero` and those before it have table[0]; those from zero + last on have table[last].
    const std::ptrdiff_t zero = w.position(row) + rules.first_distance - w.a.first_key - block.begin;
    const std::ptrdiff_t last = rules.distances - 1;
    const KeyRange before = KeyRange{range.begin, zero}.within(range),
                   inside = KeyRange{zero, zero + last}.within(range),
                   behind = KeyRange{zero + last, range.end}.within(range);
    if (!before.empty()) action(before, table, std::ptrdiff_t{0});
    if (!inside.empty()) action(inside, table + (inside.begin - zero), std::ptrdiff_t{1});
    if (!behind.empty()) action(behind, table + last, std::ptrdiff_t{0});
  }
}

/// Loads n <= count values, stride apart.
template <class L, class Stored>
typename L::F load_strided(const Stored* from, std::ptrdiff_t stride, int n) noexcept {
  if (stride == 1) return n == L::count ? L::load(from) : L::load(from, n);
  Stored lanes[L::count] = {};
  for (int i = 0; i < n; ++i) lanes[i] = from[i * stride];
  return L::load(lanes);
}

/// u + bias, which does not become infinite where both are finite: two biases of the least float hide no key.
template <class L>
typename L::F add_saturating(typename L::F u, typename L::F bias) noexcept {
  constexpr float most = std::numeric_limits<float>::max();
  auto sum = u + bias;
  const auto saturate = [&](float infinite, float largest) __attribute__((always_inline)) {
    const auto is = L::broadcast(infinite);
    const unsigned overflows = L::equal_bits(sum, is) & ~(L::equal_bits(u, is) | L::equal_bits(bias, is));
    sum = L::select(overflows, L::broadcast(largest), sum);
  };
  saturate(infinity, most);
  saturate(-infinity, -most);
  return sum;
}

/// Calls action(key, n) for each n keys of the range that are in one register of scores.
template <class L, class Action>
void each_register(KeyRange range, const Action& action) noexcept {
  for (std::ptrdiff_t key = range.begin; key < range.end;) {
    const std::ptrdiff_t next = (key / L::count + 1) * L::count;
    const std::ptrdiff_t end = next < range.end ? next : range.end;
    action(key, static_cast<int>(end - key));
    key = end;
  }
}

/// Bit c: key c of one panel is in [begin, end) and not hidden by a row's mask.
inline unsigned mask_bits(const std::uint8_t* mask, std::ptrdiff_t stride, std::ptrdiff_t begin,
                          std::ptrdiff_t end) noexcept {
  unsigned bits = 0;
  for (std::ptrdiff_t key = begin; key < end; ++key)
    bits |= (mask[key * stride] != 0 ? 1u : 0u) << (key % panel_width);
  return bits;
}

/// Sets the lanes of the panels of `visible`, which is not empty: its keys that the mask, if any, does not
/// hide.
template <class L>
void set_visible_lanes(const std::uint8_t* mask, std::ptrdiff_t stride, KeyRange visible,
                       std::uint16_t* lanes) noexcept {
  const auto part = [&](std::ptrdiff_t p) {
    const KeyRange keys = visible.within({p * panel_width, (p + 1) * panel_width});
    unsigned bits = (0xffffu >> (panel_width - (keys.end - keys.begin))) << (keys.begin % panel_width);
    if (mask != nullptr) bits &= mask_bits(mask, stride, keys.begin, keys.end);
    lanes[p] = static_cast<std::uint16_t>(bits);
  };
  std::ptrdiff_t p = visible.begin / panel_width;
  const std::ptrdiff_t full = visible.end / panel_width, last = blocks_of(visible.end, panel_width);
  if (mask != nullptr && stride == 1) {
    if (visible.begin % panel_width != 0 && p < full) part(p++);
    for (; p < full; ++p) lanes[p] = static_cast<std::uint16_t>(L::nonzero_bits(mask + p * panel_width));
  }
  for (; p < last; ++p) part(p);
}

/// Cuts hidden keys from the ends of a row's range.
inline void trim(RowGroup& g, std::ptrdiff_t i) noexcept {
  KeyRange& visible = g.visible[i];
  const auto is_visible = [&](std::ptrdiff_t key) {
    return (g.lanes[i][key / panel_width] >> (key % panel_width) & 1u) != 0;
  };
  while (!visible.empty()) {
    if (is_visible(visible.begin)) break;
    visible.begin = g.lanes[i][visible.begin / panel_width] == 0
                        ? visible.begin / panel_width * panel_width + panel_width
                        : visible.begin + 1;
  }
  while (!visible.empty()) {
    if (is_visible(visible.end - 1)) break;
    visible.end = g.lanes[i][(visible.end - 1) / panel_width] == 0
                      ? (visible.end - 1) / panel_width * panel_width
                      : visible.end - 1;
  }
}

/// Sets the lanes of row i of the group, and narrows its range to its first and last visible key.
template <class L>
void find_visible_keys_of_row(const AttentionWork<L>& w, RowGroup& g, std::ptrdiff_t i) noexcept {
  const ScoreRules& rules = w.a.rules;
  const std::ptrdiff_t row = g.first + i;
  KeyRange& visible = g.visible[i];
  if (rules.mask.data != nullptr) visible = visible.within({0, rules.mask_keys - g.block.begin});
  if (rules.bias.data != nullptr) visible = visible.within({0, rules.bias_keys - g.block.begin});
  std::uint16_t* const lanes = g.lanes[i];
  for (std::ptrdiff_t p = 0; p < key_block / panel_width; ++p) lanes[p] = 0;
  g.panels[i] = 0;
  if (visible.empty()) return;
  const auto* mask = static_cast<const std::uint8_t*>(of_row(w.a, rules.mask, row));
  if (mask != nullptr) mask += g.block.begin * rules.mask_key_stride;
  // A mask is larger than the caches and hardware does not predict its rows: prefetch those of the next
  // group.
  const std::ptrdiff_t next = w.group_rows * rules.mask.query_stride;
  for (std::ptrdiff_t key = visible.begin; mask != nullptr && key < visible.end; key += 64)
    __builtin_prefetch(mask + next + key * rules.mask_key_stride, 0, 2);
  set_visible_lanes<L>(mask, rules.mask_key_stride, visible, lanes);
  const auto hides = L::broadcast(-infinity);
  each_bias(w, row, g.block, visible, [&](KeyRange range, const auto* bias, std::ptrdiff_t stride) {
    each_register<L>(range, [&](std::ptrdiff_t key, int n) {
      const auto x = load_strided<L>(bias + (key - range.begin) * stride, stride, n);
      const unsigned hidden = L::equal_bits(x, hides) << (key % panel_width);
      lanes[key / panel_width] = static_cast<std::uint16_t>(lanes[key / panel_width] & ~hidden);
    });
  });
  for (std::ptrdiff_t p = 0; p < key_block / panel_width; ++p)
    g.panels[i] |= (lanes[p] != 0 ? std::uint32_t{1} : 0u) << p;
  trim(g, i);
}

/// Finds which keys of a block are visible to the rows of a group.
template <class L>
void find_visible_keys(const AttentionWork<L>& w, RowGroup& g) noexcept {
  const ScoreRules& rules = w.a.rules;
  const auto in_window = [&](std::ptrdiff_t i) {
    return w.in_window(g.first + i).within(g.block).relative_to(g.block.begin);
  };
  // Windows ascend with the rows: if the first and the last row have the same keys, so have all between them.
  g.visible[0] = in_window(0);
  g.masked = rules.mask.data != nullptr || rules.bias.data != nullptr || rules.distance_bias != nullptr;
  g.same = !g.masked && g.visible[0] == in_window(g.count - 1);
  for (std::ptrdiff_t i = 1; i < g.count; ++i) g.visible[i] = g.same ? g.visible[0] : in_window(i);
  if (!g.masked) return;
  for (std::ptrdiff_t i = 0; i < g.count; ++i) find_visible_keys_of_row(w, g, i);
}

/// Stores the scores of row i as they are now, times a factor, to the caller's row, if it takes this one.
template <class L>
void keep_scores(const AttentionWork<L>& w, const RowGroup& g, std::ptrdiff_t i, KeyRange range,
                 float factor) noexcept {
  float* const to = w.a.score_rows[g.first + i];
  if (to == nullptr) return;
  const float* const u = w.scores + i * w.score_stride;
  for (std::ptrdiff_t key = range.begin; key < range.end; ++key) to[g.block.begin + key] = u[key] * factor;
}

/// Turns scores of row i into those that the softmax takes: times scale (unless raising to powers does that),
/// softcap, + biases; hidden ones become -infinity.
template <class L>
void shape_row(const AttentionWork<L>& w, const RowGroup& g, std::ptrdiff_t i) noexcept {
  const ScoreRules& rules = w.a.rules;
  float* const u = w.scores + i * w.score_stride;
  const bool every = w.keeps_every_score();
  const KeyRange range = every ? KeyRange{0, g.keys()} : g.visible[i];
  const bool keeps_biased = w.a.score_rows != nullptr && w.a.point == ScorePoint::biased;
  if (!w.plain) {
    const auto scale = L::broadcast(rules.scale);
    change_values<L>(u + range.begin, range.end - range.begin, [&](auto x) { return x * scale; });
  }
  if (every && w.a.point == ScorePoint::scaled) keep_scores(w, g, i, range, w.plain ? rules.scale : 1.0f);
  if (rules.softcap != 0.0f) {
    const auto cap = L::broadcast(rules.softcap), inverse = L::broadcast(1.0f / rules.softcap);
    change_values<L>(u + range.begin, range.end - range.begin,
                     [&](auto x) { return cap * tanh<L>(x * inverse); });
  }
  if (every && w.a.point == ScorePoint::capped) keep_scores(w, g, i, range, w.plain ? rules.scale : 1.0f);
  const KeyRange visible = g.visible[i];
  if (visible.empty()) return;
  const bool two_biases = rules.bias.data != nullptr && rules.distance_bias != nullptr;
  each_bias(w, g.first + i, g.block, visible, [&](KeyRange part, const auto* bias, std::ptrdiff_t stride) {
    each_register<L>(part, [&](std::ptrdiff_t key, int n) {
      const auto x = L::load(u + key, n), b = load_strided<L>(bias + (key - part.begin) * stride, stride, n);
      L::store(u + key, two_biases ? add_saturating<L>(x, b) : x + b, n);
    });
  });
  if (g.masked) {
    const auto hidden = L::broadcast(-infinity);
    for (std::ptrdiff_t key = visible.begin / panel_width * panel_width; key < visible.end; key += L::count) {
      const unsigned bits = g.lanes[i][key / panel_width] >> (key % panel_width);
      L::store(u + key, L::select(bits, L::load(u + key), hidden));
    }
  }
  if (keeps_biased) keep_scores(w, g, i, visible, w.plain ? rules.scale : 1.0f);
}

}  // namespace
}  // namespace saccade::kernels
