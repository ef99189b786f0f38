#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/self_attention.hpp"

namespace saccade {

/// The limit of the work memory where an option max_memory is 0, in bytes: a quarter of the smaller of
/// machine memory and cgroup limit (v1 or v2), which leaves room for weights, for the pages of files and for
/// other processes.
SACCADE_API [[nodiscard]] std::uint64_t default_memory_limit();

/// Progress of a job over a file of sequences.
struct Progress {
  std::int64_t sequences_done = 0;  ///< sequences written
  std::int64_t sequences = 0;       ///< sequences of the job
  std::int64_t tokens_done = 0;     ///< tokens of the sequences written
  std::int64_t tokens = 0;          ///< tokens of the job
};

/// The attention maps of one sequence.
struct SequenceProbabilities {
  std::int64_t sequence = 0;           ///< its number in the input
  std::int64_t heads = 0;              ///< heads of the layer
  std::int64_t queries = 0;            ///< all tokens of the sequence, or the selected rows
  std::int64_t keys = 0;               ///< all tokens of the sequence
  std::span<const float> values = {};  ///< [heads][queries][keys]
};

/// Options of run_batch_file().
struct BatchFileOptions {
  /// The keys visible to each token by position.
  Window window = Window::full();
  /// Write `context`, the heads' outputs before the output projection, beside `z`.
  bool context = false;
  /// Compute only these positions of each sequence, as SelfAttention::forward_rows() does; empty: all. `z` is
  /// then [sequences * rows][output_width].
  std::vector<std::int64_t> rows = {};
  /// Read only these sequences of the input, ascending; empty: all.
  std::vector<std::int64_t> sequences = {};
  /// Write the attention maps to this file, as a tensor probabilities_S [heads][queries][keys] for each
  /// sequence S of the input; empty: do not.
  std::filesystem::path probabilities = {};
  /// Tensors of the input that are neither x nor offsets and do not matter; each must be there. Any other is
  /// an Error{unsupported}.
  std::vector<std::string> ignored_tensors = {};
  /// Limit of the work memory in bytes, without the weights; 0: default_memory_limit(). Throws
  /// Error{memory_limit} where one sequence does not fit.
  std::size_t max_memory = 0;
  /// Called with the attention maps of each sequence, in order; the values are valid during the call.
  std::function<void(const SequenceProbabilities&)> on_probabilities = {};
  /// Called with the progress between windows of sequences, from the calling thread.
  std::function<void(const Progress&)> on_progress = {};
  /// Stops the job between two windows, with Error{cancelled}.
  std::stop_token stop = {};
};

/// Counts of a finished job.
struct BatchFileSummary {
  std::int64_t sequences = 0;   ///< sequences written
  std::int64_t tokens = 0;      ///< tokens of these sequences
  std::int64_t nan_tokens = 0;  ///< tokens with a NaN in x, which are computed, not an error
  double flops = 0;             ///< floating-point operations, a multiply-add counted as two
};

/// Runs a layer over a file of vectors: `x` [tokens][width] with optional `offsets` [n + 1] (without: one
/// sequence), or `x` [n][length][width]. Writes `z`, shaped like x, and the same offsets to `output`, in the
/// format of its extension; .npy only where there are no offsets.
///
/// The input is read in windows of whole sequences that fit max_memory, so files larger than memory work.
/// Outputs appear under their names only when all are complete; on any Error nothing is left behind. Errors
/// name the file, the tensor and the numbers.
///
/// @code
/// const auto layer = saccade::SelfAttention::load(engine, "layer.safetensors", {.heads = 12});
/// const auto done = saccade::run_batch_file(engine, layer, "hidden.npz", "attended.npz",
///                                           {.window = saccade::Window::causal(), .max_memory = 1 << 30});
/// std::printf("%lld tokens, %g GFLOP\n", static_cast<long long>(done.tokens), done.flops * 1e-9);
/// @endcode
SACCADE_API BatchFileSummary run_batch_file(Engine& engine, const SelfAttention& layer,
                                            const std::filesystem::path& input,
                                            const std::filesystem::path& output,
                                            const BatchFileOptions& options = {});

}  // namespace saccade
