#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "pipeline/batch/batch_input.hpp"
#include "saccade/run_files.hpp"
#include "saccade/self_attention.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::pipeline {

/// The files that a run writes. They appear under their names on commit(), when all of them are complete.
class BatchOutput {
 public:
  BatchOutput(const std::filesystem::path& path, const BatchInput& input, const SelfAttention& layer,
              const BatchFileOptions& options);

  /// Appends results of the next sequences. `context`: empty where it is not written.
  void append(std::span<const float> z, std::span<const float> context);
  /// Appends the attention maps of the next sequence; does nothing where they are not written.
  void append(const SequenceProbabilities& probabilities);
  void commit();

 private:
  TensorFileWriter results_;
  std::optional<TensorFileWriter> probabilities_;
};

}  // namespace saccade::pipeline
