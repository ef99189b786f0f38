#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "saccade/tensor_file.hpp"

namespace saccade::pipeline {

enum class EmbeddingFormat : std::uint8_t { npy, safetensors, json_lines };

/// By the extension; a stream without one takes JSON lines. Throws Error{invalid_argument} for others.
[[nodiscard]] EmbeddingFormat embedding_format_of(const std::filesystem::path& path);

/// The layout of vectors in a file: a header of a size that does not depend on their number, the vectors, and
/// what is known only in the end.
struct EmbeddingLayout {
  EmbeddingFormat format = EmbeddingFormat::npy;
  StorageType type = StorageType::f32;
  std::int64_t width = 0;
  bool tokens = false;   ///< of each token, with offsets behind the vectors
  std::string job = {};  ///< eight digits that each part of a job has in its file; empty: it is no part

  /// Bytes of the header.
  [[nodiscard]] std::size_t header_size() const;
  /// The header for `texts` texts with `vectors` vectors together.
  [[nodiscard]] std::string header(const std::filesystem::path& path, std::int64_t texts,
                                   std::int64_t vectors) const;
  /// Bytes of the file, or of the part of it before the offsets; nothing where they do not follow from these
  /// numbers (JSON lines).
  [[nodiscard]] std::optional<std::uint64_t> bytes(std::int64_t texts, std::int64_t tokens_of_all,
                                                   bool complete) const;

 private:
  [[nodiscard]] std::string with_npy_job(std::string header) const;
  [[nodiscard]] std::string with_safetensors_job(std::string header) const;
};

/// Throws Error{invalid_argument} where the format cannot hold that.
void validate(const EmbeddingLayout& layout, const std::filesystem::path& path);

/// Whether all values are finite as the file has them: f16 has none beyond 65504.
[[nodiscard]] bool is_finite(const EmbeddingLayout& layout, std::span<const float> vector) noexcept;

/// Appends a vector to `out` as the file has it. `first`: it is the first of the file.
void append_vector(const EmbeddingLayout& layout, std::span<const float> vector, const std::string& id,
                   bool first, std::string& out);

/// Where a part has the job's digits, and what it has there beside them: a comment in the header of .npy,
/// which numpy passes by; the metadata of .safetensors; a last member of the first JSON line.
inline constexpr std::string_view npy_job = "  # saccade job ";
inline constexpr std::string_view safetensors_job = "saccade_job";
inline constexpr std::string_view json_job = ", \"job\": \"";
inline constexpr std::size_t job_digits = 8;

}  // namespace saccade::pipeline
