#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "saccade/tensor_file.hpp"

namespace saccade::pipeline {

enum class EmbeddingFormat : std::uint8_t { npy, safetensors, json_lines };

/// By the extension; a stream without one takes JSON lines. Throws Error{invalid_argument} for others.
[[nodiscard]] EmbeddingFormat embedding_format_of(const std::filesystem::path& path);

/// How vectors lie in a file: a header of a size that does not depend on their number, the vectors, and what
/// is known only in the end.
struct EmbeddingLayout {
  EmbeddingFormat format = EmbeddingFormat::npy;
  StorageType type = StorageType::f32;
  std::int64_t width = 0;
  bool tokens = false;  ///< of each token, with offsets behind the vectors

  /// Bytes before the vectors.
  [[nodiscard]] std::size_t header_size() const;
  /// For so many texts of so many vectors together.
  [[nodiscard]] std::string header(const std::filesystem::path& path, std::int64_t texts,
                                   std::int64_t vectors) const;
  /// Bytes of the file, or of the part of it before the offsets; nothing where they do not follow from these
  /// numbers (JSON lines).
  [[nodiscard]] std::optional<std::uint64_t> bytes(std::int64_t texts, std::int64_t tokens_of_all,
                                                   bool complete) const;
};

/// Throws Error{invalid_argument} where the format cannot hold that.
void validate(const EmbeddingLayout& layout, const std::filesystem::path& path);

/// A vector as the file has it; appended to `out`.
void append_vector(const EmbeddingLayout& layout, std::span<const float> vector, const std::string& id,
                   std::string& out);

}  // namespace saccade::pipeline
