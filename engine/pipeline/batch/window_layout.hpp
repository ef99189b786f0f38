#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/batch/batch_input.hpp"
#include "pipeline/batch/windows.hpp"
#include "saccade/run_files.hpp"

namespace saccade::pipeline {

/// A window of whole sequences and its buffers; those of results that are not requested are empty.
struct BatchWindow {
  std::int64_t first = 0;  ///< of the input's sequences
  std::int64_t last = 0;
  std::vector<std::int64_t> offsets;  ///< from 0
  MatrixView x;
  MatrixView z;
  MatrixView context;
  std::span<float> probabilities;           ///< all maps, sequence after sequence
  std::vector<SequenceProbabilities> maps;  ///< each of them
};

/// Computes the memory that windows of an input take, and assigns each buffer its place in it.
class WindowLayout {
 public:
  WindowLayout(const SelfAttention& layer, const BatchInput& input, const BatchFileOptions& options);

  [[nodiscard]] WindowBytes bytes(const Engine& engine, std::int64_t first, std::int64_t last) const;
  /// In `memory`, of at least buffers() bytes.
  [[nodiscard]] BatchWindow place(std::int64_t first, std::int64_t last, std::byte* memory) const;

 private:
  [[nodiscard]] std::vector<std::int64_t> offsets(std::int64_t first, std::int64_t last) const;
  [[nodiscard]] std::int64_t queries(std::int64_t tokens) const;
  [[nodiscard]] std::vector<SequenceProbabilities> maps(const BatchWindow& window) const;

  const SelfAttention& layer_;
  const BatchInput& input_;
  std::span<const std::int64_t> rows_;  ///< of each sequence; empty: all
  bool context_;
  bool probabilities_;
};

}  // namespace saccade::pipeline
