#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "attend/attend_input.hpp"
#include "attend/attend_memory.hpp"
#include "attend/attend_options.hpp"
#include "saccade/attention.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::command {

/// The results of attention() and the file that they are written to, which appears under its name only when
/// it is complete.
class AttendOutput {
 public:
  /// Opens the file: throws Error before anything is computed where it cannot be written, or does not fit
  /// into the memory. Input and options must outlive this object.
  AttendOutput(const std::filesystem::path& path, const AttendInput& input, const AttendOptions& options,
               AttendMemory& memory);

  /// Allocates the results and sets the options that request them. Called once.
  void ask(AttentionTensors& tensors, AttentionOptions& options);
  /// The number of query tokens with a NaN in out.
  [[nodiscard]] std::int64_t nan_tokens() const;
  void write();

 private:
  [[nodiscard]] std::vector<TensorInfo> declared() const;
  [[nodiscard]] TensorFileWriter open(const std::filesystem::path& path, AttendMemory& memory) const;
  [[nodiscard]] bool wants_maps() const noexcept;
  [[nodiscard]] TensorInfo map_of(std::int64_t sequence) const;
  void ask_for_maps(AttentionOptions& options);
  void ask_for_top_keys(AttentionOptions& options);
  void write_top_keys();

  const AttendInput& input_;
  const AttendOptions& asked_;
  TensorFileWriter writer_;
  std::vector<float> out_;
  std::vector<float> log_sum_exp_;
  std::vector<std::vector<float>> maps_;
  std::vector<ProbabilitiesRequest> requests_;
  std::vector<std::int32_t> top_keys_;        // [query tokens][heads][k]
  std::vector<float> top_key_probabilities_;  // the same
};

}  // namespace saccade::command
