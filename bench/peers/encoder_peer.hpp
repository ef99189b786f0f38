#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/timing.hpp"

namespace saccade::bench {

/// Sequences of ids, longest first, and saccade's vectors of them.
struct EncoderSet {
  std::string name;
  std::vector<std::vector<std::int32_t>> sequences = {};
  std::vector<std::vector<float>> vectors = {};

  [[nodiscard]] std::size_t tokens() const {
    std::size_t sum = 0;
    for (const auto& ids : sequences) sum += ids.size();
    return sum;
  }
};

/// The ids of a line {"ids": [...]}.
inline std::vector<std::int32_t> ids_in(std::string line) {
  for (char& c : line)
    if (c < '0' || c > '9') c = ' ';
  std::istringstream numbers(line);
  return {std::istream_iterator<std::int32_t>(numbers), {}};
}

/// Reads FOLDER/NAME.jsonl and FOLDER/NAME.vectors.
inline EncoderSet read_encoder_set(const std::string& folder, const std::string& name, std::size_t width) {
  std::ifstream lines(folder + "/" + name + ".jsonl"), values(folder + "/" + name + ".vectors");
  EncoderSet read = {.name = name};
  std::vector<std::size_t> order;
  for (std::string line; std::getline(lines, line); order.push_back(order.size())) {
    read.sequences.push_back(ids_in(line));
    std::vector<float>& vector = read.vectors.emplace_back(width);
    values.read(reinterpret_cast<char*>(vector.data()), static_cast<std::streamsize>(width * sizeof(float)));
  }
  if (order.empty() || !values) throw std::runtime_error(folder + " has no set " + name);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return read.sequences[a].size() > read.sequences[b].size();
  });
  EncoderSet sorted = {.name = name};
  for (const std::size_t i : order) {
    sorted.sequences.push_back(read.sequences[i]);
    sorted.vectors.push_back(read.vectors[i]);
  }
  return sorted;
}

/// How far vectors of length 1 are from saccade's.
struct Agreement {
  double max_abs_err = 0, min_cosine = 1;

  void add(const float* vector, const std::vector<float>& expected) {
    double cosine = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto x = static_cast<double>(vector[i]), y = static_cast<double>(expected[i]);
      max_abs_err = std::max(max_abs_err, std::isfinite(x) ? std::abs(x - y) : 1e30);
      cosine += x * y;
    }
    min_cosine = std::isfinite(cosine) ? std::min(min_cosine, cosine) : -1;
  }
};

/// Prints the row that `saccade bench encoder --format jsonl` prints for saccade, and how far it agrees.
inline void print_encoder_row(const std::string& peer, const std::string& version, const EncoderSet& set,
                              int threads, std::size_t batch, const Timing& timing,
                              const Agreement& agreement) {
  std::printf(R"({"peer":"%s","version":"%s","set":"%s","threads":%d,"batch":%zu,"seconds_median":%.9g,)"
              R"("seconds_min":%.9g,"spread":%.3g,"runs":%zu,"sequences_per_s":%.6g,"tokens_per_s":%.6g,)"
              R"("max_abs_err":%.3g,"min_cosine":%.9f})"
              "\n",
              peer.c_str(), version.c_str(), set.name.c_str(), threads, batch, timing.median, timing.min,
              timing.spread, timing.calls, static_cast<double>(set.sequences.size()) / timing.median,
              static_cast<double>(set.tokens()) / timing.median, agreement.max_abs_err, agreement.min_cosine);
  std::fflush(stdout);
}

}  // namespace saccade::bench
