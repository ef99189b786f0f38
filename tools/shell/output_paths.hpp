#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "shell/stop_signals.hpp"

namespace saccade::command {

/// The files of one run over one input.
struct FilePaths {
  std::filesystem::path input;
  std::filesystem::path output;
  std::filesystem::path probabilities;  ///< empty: not wanted
};

/// What each input becomes: `output` itself, or a file of the input's name in the folder `output` where there
/// are several inputs or a folder of that name. The same for `probabilities`. `read_too`: other files that
/// are read. Throws Error where a file would be written twice, or one that is read would be written.
[[nodiscard]] std::vector<FilePaths> pair_paths(const std::vector<std::filesystem::path>& inputs,
                                                const std::filesystem::path& output,
                                                const std::filesystem::path& probabilities,
                                                const std::vector<std::filesystem::path>& read_too);

/// Throws Error{invalid_argument} where `output`, which may be empty, is a file in the directory `model`.
void keep_model(const std::filesystem::path& model, const std::filesystem::path& output);

/// A folder for outputs, made if missing; if nothing came to stand in it, it goes again.
class OutputFolder {
 public:
  explicit OutputFolder(const std::filesystem::path& path);
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder();

 private:
  std::filesystem::path made_;  ///< empty: it was there
  std::optional<RemovedIfStopped> removed_;
};

}  // namespace saccade::command
