#pragma once

#include <filesystem>
#include <span>

#include "pipeline/embed/embedding_layout.hpp"
#include "saccade/embed_files.hpp"

namespace saccade::pipeline {

// What can be wrong with a job before anything is read. Each throws Error.

/// How the output holds what is asked for.
[[nodiscard]] EmbeddingLayout layout_of(const Encoder& encoder, const std::filesystem::path& output,
                                        const EmbedFilesOptions& options);

void check_shard(const std::filesystem::path& output, const Shard& shard);

/// Nothing that is read may be written: neither an input nor a file of the model, whose directory may be
/// empty.
void check_paths(std::span<const std::filesystem::path> inputs, const std::filesystem::path& output,
                 const std::filesystem::path& model);

/// Options that do not fit the model. One without a tokenizer does for ids.
void check_options(const Encoder& encoder, const EmbedFilesOptions& options, bool needs_tokenizer);

}  // namespace saccade::pipeline
