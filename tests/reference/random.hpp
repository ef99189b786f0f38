#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace saccade::test {

/// Numbers that are the same with every compiler and library: SplitMix64 (Steele, Lea and Flood 2014,
/// doi:10.1145/2660193.2660195), integers only up to an exact conversion.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// Below `end`.
  std::int64_t below(std::int64_t end) noexcept {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(end));
  }

  /// A multiple of 2^-23 in [-1, 1).
  float uniform() noexcept {
    return static_cast<float>(static_cast<std::int64_t>(next() >> 40) - (std::int64_t{1} << 23)) * 0x1p-23f;
  }

  /// One of `choices`.
  template <class T>
  T choose(const std::vector<T>& choices) noexcept {
    return choices[static_cast<std::size_t>(below(static_cast<std::int64_t>(choices.size())))];
  }

  /// `count` values in [-amplitude, amplitude); exact where that is a power of two.
  std::vector<float> values(std::int64_t count, float amplitude = 1.0f) {
    std::vector<float> all(static_cast<std::size_t>(count));
    for (float& x : all) x = uniform() * amplitude;
    return all;
  }

 private:
  std::uint64_t state_;
};

}  // namespace saccade::test
