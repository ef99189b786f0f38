#pragma once

#include <filesystem>
#include <span>

#include "pipeline/embed/embedding_layout.hpp"
#include "saccade/embed_files.hpp"

namespace saccade::pipeline {

// Checks of a job before anything is read. Each throws Error.

/// The layout of the output for these options.
[[nodiscard]] EmbeddingLayout layout_of(const Encoder& encoder, const std::filesystem::path& output,
                                        const EmbedFilesOptions& options);

void check_shard(const std::filesystem::path& output, const Shard& shard);

/// Nothing that is read may be written: neither an input nor a file of the model, whose directory may be
/// empty.
void check_paths(std::span<const std::filesystem::path> inputs, const std::filesystem::path& output,
                 const std::filesystem::path& model);

/// Refuses options that do not fit the model. A model without a tokenizer can embed ids.
void check_options(const Encoder& encoder, const EmbedFilesOptions& options, bool needs_tokenizer);

}  // namespace saccade::pipeline
