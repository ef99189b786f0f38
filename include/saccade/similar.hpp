#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "saccade/embed_files.hpp"
#include "saccade/encoder.hpp"
#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/tensor_file.hpp"
#include "saccade/views.hpp"

namespace saccade {

/// A row of a matrix of vectors, and how similar it is to a query.
struct SimilarRow {
  float score = 0;  ///< cosine of the angle between the two vectors, -1 to 1; 0 where one of them is zero
  std::int64_t row = 0;  ///< from 0
};

/// For each row of queries [n][width] the rows of vectors [m][width] with the highest cosine similarity, the
/// highest first; of equal scores the lower row first. Vectors need not have norm 1. At most `count` rows for
/// each query, all of them where there are fewer. Runs on the engine's threads, as a matrix product in fp32:
/// the same bits on every CPU and for any number of threads.
///
/// Throws Error{invalid_argument} where count is not positive, the widths differ or are 0, or a query or
/// vector has a value that is not finite, which it names.
///
/// @code
/// const std::vector<float> vectors(1000 * 384, 1.0f);   // [1000][384]
/// const std::vector<float> query(384, 0.5f);            // [1][384]
/// saccade::Engine engine;
/// const auto found = saccade::find_similar_rows(engine, {query.data(), 1, 384, 384},
///                                               {vectors.data(), 1000, 384, 384}, 10);
/// const saccade::SimilarRow& best = found[0][0];        // best.row, best.score
/// @endcode
SACCADE_API [[nodiscard]] std::vector<std::vector<SimilarRow>> find_similar_rows(Engine& engine,
                                                                                 ConstMatrixView queries,
                                                                                 ConstMatrixView vectors,
                                                                                 std::int64_t count);

/// As above, for the rows of a tensor [m][width] of f32, f16, bf16 or f64 in a file, as embed_files() writes
/// them. The file is read once, in pieces of 32 MiB. Also throws Error{file_format} for another shape or type
/// or a value that is not finite, Error{file_not_usable} where reading fails, and Error{cancelled} after a
/// request to stop.
SACCADE_API [[nodiscard]] std::vector<std::vector<SimilarRow>> find_similar_rows(
    Engine& engine, ConstMatrixView queries, const TensorFile& file, std::string_view tensor,
    std::int64_t count, std::stop_token stop = {});

/// A text, and how similar its vector is to a query.
struct SimilarText {
  float score = 0;              ///< as SimilarRow's
  std::filesystem::path input;  ///< the file that has the text
  std::int64_t line = 0;        ///< from 1
  std::string text;             ///< the whole line where that has ids
};

/// How find_similar() embeds and searches texts.
struct SimilarOptions {
  EmbedOptions embed = {};  ///< of the texts
  /// As in EmbedFilesOptions.
  std::string field = "text";
  std::optional<TextFormat> input_format = {};  ///< as in EmbedFilesOptions
  std::size_t max_memory = 0;                   ///< as in EmbedFilesOptions
  std::int64_t count = 10;                      ///< the most texts for each query
  /// Called with "FILE:LINE" for each text whose vector has a value that is not finite, which is left out;
  /// unset: such a text is an Error{invalid_argument}.
  std::function<void(const std::string&)> on_not_finite = {};
  std::stop_token stop = {};  ///< checked between windows of texts
};

/// For each row of queries [n][embedding_width(options.embed)] the texts of files whose vectors are most
/// similar, in the order of find_similar_rows(). Texts are read as embed_files() does; only those that are
/// found stay in memory. Throws Error as embed_files() does, and Error{invalid_argument} where count is not
/// positive, or queries have another width or a value that is not finite.
SACCADE_API [[nodiscard]] std::vector<std::vector<SimilarText>> find_similar(
    Engine& engine, const Encoder& encoder, ConstMatrixView queries,
    std::span<const std::filesystem::path> inputs, const SimilarOptions& options = {});

}  // namespace saccade
