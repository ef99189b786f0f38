#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "pipeline/embed/embedding_layout.hpp"
#include "saccade/embed_files.hpp"

namespace saccade::pipeline {

/// Everything that the bytes of an output follow from, but the bytes of the inputs: two runs of which this is
/// equal are one job. `texts`: of all inputs, where shards are counted.
[[nodiscard]] nlohmann::json describe_job(const Engine& engine, std::span<const std::filesystem::path> inputs,
                                          const EmbeddingLayout& layout, const EmbedFilesOptions& options,
                                          std::int64_t texts);

}  // namespace saccade::pipeline
