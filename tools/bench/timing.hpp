#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace saccade::bench {

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Of ascending values: the one that the share `part` of them lies below, between two neighbours by
/// interpolation.
inline double quantile(const std::vector<double>& ascending, double part) {
  const double place = part * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return ascending[below] + (place - static_cast<double>(below)) * (ascending[above] - ascending[below]);
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

/// The durations of single calls, in seconds.
struct Timing {
  double median = 0;
  double min = 0;
  double spread = 0;  ///< from the first quartile to the third, over the median
  std::size_t calls = 0;
};

inline Timing summary(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const double middle = quantile(seconds, 0.5);
  return {middle, seconds.front(), (quantile(seconds, 0.75) - quantile(seconds, 0.25)) / middle,
          seconds.size()};
}

/// How many calls are timed: `wanted`, or where it is 0 so many that they take half a second, and three at
/// least (one where a call takes over two seconds).
class Repetitions {
 public:
  explicit Repetitions(std::size_t wanted) : wanted_(wanted) {}

  /// Two calls that are not timed, so that memory is there and threads are awake; one where it takes long.
  template <class Work>
  void warm_up(const Work& work) {
    const double start = seconds_now();
    work();
    if (seconds_now() - start > 2) {
      least_ = 1;
    } else {
      work();
    }
  }
  template <class Work>
  void time(const Work& work) {
    const double start = seconds_now();
    work();
    seconds_.push_back(seconds_now() - start);
    total_ += seconds_.back();
  }
  [[nodiscard]] bool done() const {
    if (wanted_ > 0) return seconds_.size() >= wanted_;
    return seconds_.size() >= most || (seconds_.size() >= least_ && total_ >= 0.5);
  }
  [[nodiscard]] double total() const { return total_; }
  [[nodiscard]] std::size_t calls() const { return seconds_.size(); }
  /// The median duration of the calls from number `first` on.
  [[nodiscard]] double median_from(std::size_t first) const {
    return median({seconds_.begin() + static_cast<std::ptrdiff_t>(first), seconds_.end()});
  }
  [[nodiscard]] Timing timing() const { return summary(seconds_); }

 private:
  static constexpr std::size_t most = 20'000;

  std::size_t wanted_, least_ = 3;
  std::vector<double> seconds_;
  double total_ = 0;
};

}  // namespace saccade::bench
