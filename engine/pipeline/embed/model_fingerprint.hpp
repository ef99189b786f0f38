#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace saccade::pipeline {

/// The files of a model's directory that a model may be read from (.json, .txt, .safetensors, in folders of
/// its modules too), as paths within the directory. Throws Error{file_not_usable}.
[[nodiscard]] std::vector<std::filesystem::path> model_files(const std::filesystem::path& directory);

/// Size and CRC-32 of each of model_files(), by its escaped name. Throws Error{file_not_usable}.
[[nodiscard]] nlohmann::json model_fingerprint(const std::filesystem::path& directory);

}  // namespace saccade::pipeline
