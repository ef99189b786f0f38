#pragma once

#include <filesystem>

#include "model/config/sentence_config.hpp"

namespace saccade::model {

/// Reads DIRECTORY/modules.json and the config.json of each module that has one: the encoder's directory, the
/// pooling, and the steps after it.
void read_modules(const std::filesystem::path& directory, SentenceConfig& config);

}  // namespace saccade::model
