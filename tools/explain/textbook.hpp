#pragma once

#include <cstdint>
#include <vector>

#include "explain/attention_trace.hpp"

namespace saccade::command {

/// The attention of one query in double precision and plain loops, step by step as the textbook has it, from
/// the engine's q, k and v.
struct TextbookRow {
  std::vector<double> dots;           ///< [keys]: q . k
  std::vector<double> scaled;         ///< dots / sqrt(head_dim)
  std::vector<double> biased;         ///< with the distance's bias, as the engine adds it; -infinity: hidden
  std::vector<double> probabilities;  ///< softmax
  std::vector<double> output;         ///< [head_dim]: z, the sum of probability * v
};

[[nodiscard]] TextbookRow textbook_row(const AttentionTrace& trace, std::int64_t query);

/// The greatest differences to the engine's results; infinity where only one of the two is a number.
struct Differences {
  double scores = 0;  ///< scaled, and biased where they are
  double probabilities = 0, output = 0;

  void add(const AttentionTrace& trace, std::int64_t query, const TextbookRow& row);
  /// What fp32 rounds in products of head_dim values and a softmax explains them.
  [[nodiscard]] bool agree(const AttentionTrace& trace) const;
};

/// Biases by distance or the window change scores after scaling.
[[nodiscard]] bool has_biases(const AttentionTrace& trace);

}  // namespace saccade::command
