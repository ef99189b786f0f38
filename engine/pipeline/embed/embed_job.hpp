#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "pipeline/embed/embedding_layout.hpp"
#include "pipeline/embed/text_source.hpp"
#include "saccade/embed_files.hpp"

namespace saccade::pipeline {

/// Everything that the bytes of an output follow from, but the bytes of the inputs: two runs of which this is
/// equal are one job. `texts`: of all inputs, where shards are counted.
[[nodiscard]] nlohmann::json describe_job(const Engine& engine, std::span<const std::filesystem::path> inputs,
                                          const EmbeddingLayout& layout, const EmbedFilesOptions& options,
                                          std::int64_t texts);

/// Eight hexadecimal digits of what describe_job() gives for any part of a job and of its inputs' bytes:
/// equal for all parts of one job, wherever their inputs lie.
[[nodiscard]] std::string job_sum(nlohmann::json job, const TextCount& inputs);

}  // namespace saccade::pipeline
