#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "saccade/embed_files.hpp"
#include "saccade/encoder.hpp"
#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/views.hpp"

namespace saccade {

/// A text, and how close it is to a query.
struct SimilarText {
  double score = 0;             ///< cosine of the angle between their vectors, -1 to 1
  std::filesystem::path input;  ///< where the text stands
  std::int64_t line = 0;        ///< from 1
  std::string text;             ///< the whole line where that has ids
};

struct SimilarOptions {
  EmbedOptions embed = {};  ///< of the texts
  /// As EmbedFilesOptions has them.
  std::string field = "text";
  std::optional<TextFormat> input_format = {};
  std::size_t max_memory = 0;
  std::int64_t count = 10;  ///< texts to find for each query, where there are as many
  std::stop_token stop = {};
};

/// For each row of queries [n][embedding_width(options.embed)] the texts of files that are closest to it, the
/// closest first, of equally close ones the first. Texts are read as embed_files() does and none is kept but
/// those. Throws Error as embed_files() does, and Error{invalid_argument} where count is not positive or
/// queries have another width.
SACCADE_API [[nodiscard]] std::vector<std::vector<SimilarText>> find_similar(
    Engine& engine, const Encoder& encoder, ConstMatrixView queries,
    std::span<const std::filesystem::path> inputs, const SimilarOptions& options = {});

}  // namespace saccade
