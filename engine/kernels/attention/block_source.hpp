#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention/attention_work.hpp"
#include "kernels/attention/row_scores.hpp"
#include "kernels/product/pack.hpp"

namespace saccade::kernels {
namespace {

/// Keys whose values are converted at a time, and read of each head in turn.
constexpr std::ptrdiff_t value_window = 16;

/// Keys and values of one block where tiles read them: in place, or packed and converted to fp32. After
/// need_keys the panel of key j of the window is at panels(j), and after need_values its value at values(j);
/// both go on up to run_end(j).
///
/// What is converted stays in L1 where keys and values are taken by windows: each has the place of the one
/// before. Else it stays for the rows to come.
template <class L>
class BlockSource {
 public:
  BlockSource(AttentionWork<L>& w, KeyRange block) noexcept : w_(w), s_(w.a.source), block_(block) {}

  /// Of row `row` and those that share its keys; the window is at most a tile's.
  void need_keys(std::ptrdiff_t row, KeyRange window) noexcept {
    if (!s_.converts_keys()) return;
    const std::uint32_t bit = std::uint32_t{1} << (window.begin / tile_width<L>);
    if (!w_.by_windows && (ready_windows_ & bit) != 0) return;
    ready_windows_ |= bit;
    first_copied_key_ = w_.by_windows ? window.begin : 0;
    convert_keys(w_.key_head(row), window);
  }
  /// Scores of one row from whole panels of keys as they lie, where windows would be packed for it alone;
  /// false where that cannot be, and need_keys it is.
  bool score_alone(std::ptrdiff_t row, KeyRange panels, float* scores) noexcept {
    if (!w_.by_windows || s_.form != KeySource::Form::rows || !scores_rows<L>(w_.a.head_dim)) return false;
    if (panels.end > block_.end - block_.begin) return false;
    with_stored(s_.key_type, key_rows(w_.key_head(row), panels.begin), [&](const auto* keys) {
      score_row<L>(w_.queries.at(row, 0), keys, s_.key_stride, panels.end - panels.begin, w_.a.head_dim,
                   scores);
    });
    return true;
  }
  void need_values(std::ptrdiff_t row, KeyRange range) noexcept {
    head_ = w_.key_head(row);
    if (!s_.converts_values() || (!w_.by_windows && ready_values_)) return;
    ready_values_ = true;
    first_copied_value_ = w_.by_windows ? range.begin : 0;
    convert_values(range);
  }

  /// All panels are where they are and one behind the other.
  bool keys_in_place() const noexcept { return !s_.converts_keys() && s_.page_keys == KeySource::whole; }
  const float* panels(std::ptrdiff_t key) const noexcept {
    if (s_.converts_keys()) return w_.block_keys + (key - first_copied_key_) * w_.a.head_dim;
    return static_cast<const float*>(s_.keys) + panel_offset(key);
  }
  const float* values(std::ptrdiff_t key) const noexcept {
    if (s_.converts_values()) return w_.block_values + (key - first_copied_value_) * w_.value_stride;
    return static_cast<const float*>(value(key, head_));
  }
  std::ptrdiff_t value_stride() const noexcept {
    return s_.converts_values() ? w_.value_stride : s_.value_stride;
  }
  std::ptrdiff_t keys_run_end(std::ptrdiff_t key, std::ptrdiff_t end) const noexcept {
    return s_.converts_keys() ? end : page_end(key, end);
  }
  std::ptrdiff_t values_run_end(std::ptrdiff_t key, std::ptrdiff_t end) const noexcept {
    return s_.converts_values() ? end : page_end(key, end);
  }

 private:
  /// The page of a key, and which of its keys it is. Without pages, which are the rule, without a division.
  struct Place {
    std::ptrdiff_t page;
    std::ptrdiff_t within;
  };
  Place place(std::ptrdiff_t key) const noexcept {
    key += block_.begin;
    if (s_.page_keys == KeySource::whole) return {0, key};
    const std::ptrdiff_t number = key / s_.page_keys;
    return {s_.pages == nullptr ? number : s_.pages[number], key % s_.page_keys};
  }
  std::ptrdiff_t page_end(std::ptrdiff_t key, std::ptrdiff_t end) const noexcept {
    const std::ptrdiff_t rest = s_.page_keys - place(key).within;
    return end - key < rest ? end : key + rest;
  }
  std::ptrdiff_t panel_offset(std::ptrdiff_t key) const noexcept {
    const Place at = place(key);
    return at.page * s_.key_page_stride + at.within / panel_width * panel_width * w_.a.head_dim;
  }
  const void* value(std::ptrdiff_t key, std::ptrdiff_t head) const noexcept {
    const Place at = place(key);
    return element(
        s_.values, s_.value_type,
        at.page * s_.value_page_stride + at.within * s_.value_stride + head * s_.value_head_stride);
  }
  const void* key_rows(std::ptrdiff_t head, std::ptrdiff_t key) const noexcept {
    return element(s_.keys, s_.key_type, (block_.begin + key) * s_.key_stride + head * s_.key_head_stride);
  }
  void convert_keys(std::ptrdiff_t head, KeyRange window) noexcept {
    float* const to = w_.block_keys + (window.begin - first_copied_key_) * w_.a.head_dim;
    if (s_.form == KeySource::Form::rows) {
      return pack_panels<L>({.source = key_rows(head, window.begin),
                             .transposed = false,
                             .source_stride = s_.key_stride,
                             .columns = window.end - window.begin,
                             .depth = w_.a.head_dim,
                             .panels = to,
                             .type = s_.key_type});
    }
    const std::ptrdiff_t last = round_up(window.end, panel_width);
    for (std::ptrdiff_t key = window.begin; key < last; key += panel_width) {
      with_stored(s_.key_type, element(s_.keys, s_.key_type, panel_offset(key)), [&](const auto* from) {
        copy_values<L>(from, to + (key - window.begin) * w_.a.head_dim, panel_width * w_.a.head_dim);
      });
    }
  }

  void convert_values(KeyRange range) noexcept {
    for (std::ptrdiff_t key = range.begin, end; key < range.end; key = end) {
      end = page_end(key, key + panel_width < range.end ? key + panel_width : range.end);
      with_stored(s_.value_type, value(key, head_), [&](const auto* from) {
        copy_rows<L>(from, s_.value_stride, end - key, w_.a.value_dim,
                     w_.block_values + (key - first_copied_value_) * w_.value_stride, w_.value_stride);
      });
    }
  }

  AttentionWork<L>& w_;
  const KeySource& s_;
  KeyRange block_;
  std::ptrdiff_t head_ = 0;              // whose values are read
  std::uint32_t ready_windows_ = 0;      // bit n: the n-th window's keys are converted
  bool ready_values_ = false;            // all are converted
  std::ptrdiff_t first_copied_key_ = 0;  // stands first in block_keys
  std::ptrdiff_t first_copied_value_ = 0;
};

}  // namespace
}  // namespace saccade::kernels
