#pragma once

#include <cstddef>

#include "kernels/layout.hpp"

namespace saccade::kernels {
namespace {

/// Lines that a tile asks L2 for while it works, in rows that lie apart.
struct PrefetchCursor {
  const float* next;      ///< the first that is not prefetch for yet
  std::ptrdiff_t in_row;  ///< from it to the end of its row
  std::ptrdiff_t row;     ///< lines of a row, rounded up to whole rounds
  std::ptrdiff_t jump;    ///< from the end of a row to the begin of the next, in floats
};

/// Steps of the depth in a round of a tile's loop.
constexpr std::ptrdiff_t round_steps = 4;

/// Lines a round that tiles are compiled for; row_rounds and prefetching_tiles know them, too.
constexpr int prefetch_rates[] = {1, 2, 3, 4, 6, 8};

/// What tiles ask for, some lines a round, one area after the other. Evenly: memory answers slowly, and a
/// core has room for some requests; beyond that the tiles' own loads wait, also for what is in L2.
class Prefetcher {
 public:
  static constexpr std::ptrdiff_t line = 16;  // floats

  /// For nothing.
  Prefetcher() noexcept : left_(0), count_(0), rate_(1) {}
  /// For all of `areas`, the last first, as evenly as `rounds` rounds of tiles allow; where `most` lines a
  /// round are too few, for what they can.
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

  /// What a tile of this depth asks for; null: nothing is left. The last tile goes on behind the end of its
  /// area.
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
  std::ptrdiff_t left_;  // of the area that has begun
  int count_, rate_;
  StridedRows areas_[most_areas];  // those that have not, of which the last comes next
};

}  // namespace
}  // namespace saccade::kernels
