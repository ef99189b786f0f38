#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention/attention_work.hpp"
#include "kernels/attention/row_scores.hpp"
#include "kernels/product/pack.hpp"

namespace saccade::kernels {
namespace {

/// Keys of a value tile: their values are converted together, and read by one head after the other.
constexpr std::ptrdiff_t value_tile = 16;

/// Keys and values of one block as register tiles read them: in place, or packed and converted to fp32. After
/// need_keys the panel of key j of the tile is at panels(j), and after need_values its value at values(j);
/// both are contiguous up to run_end(j).
///
/// Where keys and values are taken by key tiles, each converted tile replaces the one before, and stays in
/// L1. Otherwise a converted block is kept for the rows that follow.
template <class L>
class BlockSource {
 public:
  BlockSource(AttentionWork<L>& w, KeyRange block) noexcept : w_(w), s_(w.a.source), block_(block) {}

  /// Converts the keys of a key tile for row `row` and those that share its keys.
  void need_keys(std::ptrdiff_t row, KeyRange tile) noexcept {
    if (!s_.converts_keys()) return;
    const std::uint32_t bit = std::uint32_t{1} << (tile.begin / tile_width<L>);
    if (!w_.by_key_tiles && (ready_key_tiles_ & bit) != 0) return;
    ready_key_tiles_ |= bit;
    first_copied_key_ = w_.by_key_tiles ? tile.begin : 0;
    convert_keys(w_.key_head(row), tile);
  }
  /// Computes scores of one row from whole panels of keys without packing them, since no other row would read
  /// the packed keys. Returns false where that is not possible; then need_keys and a register tile do it.
  bool score_unpacked(std::ptrdiff_t row, KeyRange panels, float* scores) noexcept {
    if (!w_.by_key_tiles || s_.form != KeySource::Form::rows || !scores_rows<L>(w_.a.head_dim)) return false;
    if (panels.end > block_.end - block_.begin) return false;
    with_stored(s_.key_type, key_rows(w_.key_head(row), panels.begin), [&](const auto* keys) {
      score_row<L>(w_.queries.at(row, 0), keys, s_.key_stride, panels.end - panels.begin, w_.a.head_dim,
                   scores);
    });
    return true;
  }
  void need_values(std::ptrdiff_t row, KeyRange range) noexcept {
    head_ = w_.key_head(row);
    if (!s_.converts_values() || (!w_.by_key_tiles && ready_values_)) return;
    ready_values_ = true;
    first_copied_value_ = w_.by_key_tiles ? range.begin : 0;
    convert_values(range);
  }

  /// Whether all panels are read in place and are contiguous.
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
  /// The page of a key, and the index of the key in it. Without pages, the usual case, it needs no division.
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
  void convert_keys(std::ptrdiff_t head, KeyRange tile) noexcept {
    float* const to = w_.block_keys + (tile.begin - first_copied_key_) * w_.a.head_dim;
    if (s_.form == KeySource::Form::rows) {
      return pack_panels<L>({.source = key_rows(head, tile.begin),
                             .transposed = false,
                             .source_stride = s_.key_stride,
                             .columns = tile.end - tile.begin,
                             .depth = w_.a.head_dim,
                             .panels = to,
                             .type = s_.key_type});
    }
    const std::ptrdiff_t last = round_up(tile.end, panel_width);
    for (std::ptrdiff_t key = tile.begin; key < last; key += panel_width) {
      with_stored(s_.key_type, element(s_.keys, s_.key_type, panel_offset(key)), [&](const auto* from) {
        copy_values<L>(from, to + (key - tile.begin) * w_.a.head_dim, panel_width * w_.a.head_dim);
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
  std::uint32_t ready_key_tiles_ = 0;    // bit n: the keys of key tile n are converted
  bool ready_values_ = false;            // all are converted
  std::ptrdiff_t first_copied_key_ = 0;  // the first in block_keys
  std::ptrdiff_t first_copied_value_ = 0;
};

}  // namespace
}  // namespace saccade::kernels
