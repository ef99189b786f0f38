#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/self_attention.hpp"

namespace saccade {

/// How far a job over files has come.
struct Progress {
  std::int64_t sequences_done = 0;
  std::int64_t sequences = 0;
  std::int64_t tokens_done = 0;
  std::int64_t tokens = 0;
};

/// The attention maps of one sequence.
struct SequenceProbabilities {
  std::int64_t sequence = 0;  ///< its number in the input
  std::int64_t heads = 0;
  std::int64_t queries = 0;            ///< all tokens of the sequence, or the chosen rows
  std::int64_t keys = 0;               ///< all tokens of the sequence
  std::span<const float> values = {};  ///< [heads][queries][keys]
};

struct BatchFileOptions {
  Window window = Window::full();
  /// Write `context` beside `z`.
  bool context = false;
  /// The vector form: only these positions of each sequence, which must be long enough; empty: all. `z` is
  /// then [sequences * rows][output_width].
  std::vector<std::int64_t> rows = {};
  /// Only these sequences of the input, ascending, as if it had no others; empty: all.
  std::vector<std::int64_t> sequences = {};
  /// Write the attention maps to this file, probabilities_<s> [heads][queries][keys] for sequence s of the
  /// input; empty: not.
  std::filesystem::path probabilities = {};
  /// Work memory in bytes, beside the weights, that windows of sequences must fit in; 0: a quarter of the
  /// smaller of machine memory and cgroup limit. Throws Error{memory_limit} where one sequence does not fit.
  std::size_t max_memory = 0;
  /// Called with the attention maps of each sequence in order; the values last as long as the call.
  std::function<void(const SequenceProbabilities&)> on_probabilities = {};
  /// Called between windows, from the calling thread.
  std::function<void(const Progress&)> on_progress = {};
  std::stop_token stop = {};
};

struct BatchFileSummary {
  std::int64_t sequences = 0;
  std::int64_t tokens = 0;
  std::int64_t nan_tokens = 0;  ///< tokens with a NaN in x: computed, not an error
  double flops = 0;             ///< done, a multiply-add counted as two
};

/// Runs a layer over a file of hidden states: `x` [tokens][width] with optional `offsets` [n + 1] (none: one
/// sequence), or `x` [n][length][width]. Writes `z`, shaped like x, and the same offsets to `output`, in the
/// format its extension says; .npy only where there are no offsets. Input is read in windows of whole
/// sequences, so files larger than memory work. Outputs appear under their names only when all are complete;
/// on any Error nothing is left behind. Errors name the file, the tensor and the numbers.
SACCADE_API BatchFileSummary run_batch_file(Engine& engine, const SelfAttention& layer,
                                            const std::filesystem::path& input,
                                            const std::filesystem::path& output,
                                            const BatchFileOptions& options = {});

}  // namespace saccade
