#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace saccade::pipeline {

/// Size and CRC-32 of every file of a model's directory that a model may be read from (.json, .txt,
/// .safetensors, in folders of its modules too), by name. Throws Error{file_not_usable}.
[[nodiscard]] nlohmann::json model_fingerprint(const std::filesystem::path& directory);

}  // namespace saccade::pipeline
