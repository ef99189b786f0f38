#pragma once

#include <filesystem>
#include <string_view>

#include "map/attention_map.hpp"

namespace saccade::command {

// A file appears under its name when it is complete, or not at all.

/// Writes the map as a tensor file in the format of the extension: probabilities_0 [layers, heads, queries,
/// keys].
void write_tensors(const AttentionMap& map, const std::filesystem::path& path);
/// topk_keys and topk_probabilities [layers, heads, queries, k].
void write_tensors(const TopMap& top, const std::filesystem::path& path);

/// An empty path is the standard output.
void write_bytes(std::string_view bytes, const std::filesystem::path& path);

}  // namespace saccade::command
