#pragma once

#include <cstddef>

#include "kernels/layout.hpp"

namespace saccade::kernels {
namespace {

/// The lines that a tile prefetches into L2 while it computes, in rows that are not contiguous.
struct PrefetchCursor {
  const float* next;      ///< the first that is not prefetched yet
  std::ptrdiff_t in_row;  ///< lines from it to the end of its row
  std::ptrdiff_t row;     ///< lines of a row, rounded up to whole rounds
  std::ptrdiff_t jump;    ///< from the end of a row to the beginning of the next, in floats
};

/// Steps of the depth in a round of a tile's loop.
constexpr std::ptrdiff_t round_steps = 4;

/// Prefetches a round that tiles are compiled for; row_rounds and prefetching_tiles have a case for each.
constexpr int prefetch_rates[] = {1, 2, 3, 4, 6, 8};

/// Distributes the prefetches of some areas evenly over rounds of tiles, one area after the other. A core has
/// a limited number of outstanding requests; beyond it the tiles' own loads wait, even those that hit L2.
class Prefetcher {
 public:
  static constexpr std::ptrdiff_t line = 16;  // floats

  /// Prefetches nothing.
  Prefetcher() noexcept : left_(0), count_(0), rate_(1) {}
  /// Prefetches `areas`, the last first, spread over `rounds` rounds of tiles. At most `most` lines a round;
  /// where that is too few, a part of the areas.
  template <int count>
  Prefetcher(const StridedRows (&areas)[count], std::ptrdiff_t rounds, int most = safe_prefetch_rate) noexcept
      : Prefetcher() {
    static_assert(count <= most_areas);
    for (const StridedRows& area : areas) {
      if (area.data != nullptr && area.rows > 0) areas_[count_++] = area;
    }
    std::ptrdiff_t needed = 0;  // rounds, at the rate so far
    for (const int rate : prefetch_rates) {
      if (rate > most) break;
      const std::ptrdiff_t at_rate = rounds_of_areas(rate);
      if (rate > 1 && at_rate >= needed) continue;
      needed = at_rate;
      rate_ = rate;
      if (needed <= rounds) break;
    }
    if (count_ > 0) begin(areas_[--count_]);
  }
  /// Lines a round, one of prefetch_rates.
  int rate() const noexcept { return rate_; }

  /// The prefetches of a tile of this depth; null: none are left. The last tile continues beyond the end of
  /// its area.
  PrefetchCursor* next(std::ptrdiff_t depth) noexcept {
    if (left_ <= 0) {
      if (count_ == 0) return nullptr;
      begin(areas_[--count_]);
    }
    left_ -= depth / round_steps * rate_;
    return &cursor_;
  }

 private:
  static constexpr int most_areas = 4;
  /// Without a division.
  static std::ptrdiff_t row_rounds(const StridedRows& area, int rate) noexcept {
    const std::ptrdiff_t lines = blocks_of(area.width, line);
    switch (rate) {
      case 1:
        return lines;
      case 2:
        return blocks_of(lines, 2);
      case 3:
        return blocks_of(lines, 3);
      case 4:
        return blocks_of(lines, 4);
      case 6:
        return blocks_of(lines, 6);
      default:
        return blocks_of(lines, 8);
    }
  }
  std::ptrdiff_t rounds_of_areas(int rate) const noexcept {
    std::ptrdiff_t rounds = 0;
    for (int i = 0; i < count_; ++i) rounds += areas_[i].rows * row_rounds(areas_[i], rate);
    return rounds;
  }
  void begin(const StridedRows& area) noexcept {
    const std::ptrdiff_t row = row_rounds(area, rate_) * rate_;
    cursor_ = {area.data, row, row, area.stride - row * line};
    left_ = area.rows * row;
  }

  PrefetchCursor cursor_;
  std::ptrdiff_t left_;  // lines of the current area
  int count_, rate_;
  StridedRows areas_[most_areas];  // those that follow, the last one next
};

}  // namespace
}  // namespace saccade::kernels
