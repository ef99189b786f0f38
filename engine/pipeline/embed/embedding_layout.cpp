#include "pipeline/embed/embedding_layout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/half.hpp"
#include "io/files/errors.hpp"
#include "io/files/output_path.hpp"
#include "io/formats/npy.hpp"
#include "io/formats/safetensors.hpp"
#include "io/formats/storage_types.hpp"

namespace saccade::pipeline {
namespace {

namespace fs = std::filesystem;

/// Two tensors of any size take less than half of it.
constexpr std::size_t safetensors_header_size = 512;

constexpr const char* expected_extension = "; expected .npy, .safetensors or .jsonl";

template <class Value>
void append_bytes(Value value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// The shortest decimal number that reads back as this one. JSON has no infinity and no NaN.
void append_number(float value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> text;
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

void append_json(const EmbeddingLayout& layout, std::span<const float> vector, const std::string& id,
                 bool first, std::string& out) {
  out += R"({"id": )" + id + R"(, "embedding": [)";
  for (std::size_t i = 0; i < vector.size(); ++i) {
    if (i > 0) out += ", ";
    const bool rounded = layout.type == StorageType::f16;
    append_number(rounded ? core::float_from_f16(core::f16_from_float(vector[i])) : vector[i], out);
  }
  out += "]";
  if (first && !layout.job.empty()) out += std::string(json_job) + layout.job + '"';
  out += "}\n";
}

std::vector<TensorInfo> tensors_of(const EmbeddingLayout& layout, std::int64_t texts, std::int64_t vectors) {
  if (!layout.tokens) return {{"embeddings", layout.type, {vectors, layout.width}}};
  return {{"tokens", layout.type, {vectors, layout.width}}, {"offsets", StorageType::i64, {texts + 1}}};
}

}  // namespace

bool is_finite(const EmbeddingLayout& layout, std::span<const float> vector) noexcept {
  // f16 rounds magnitudes from 65520 on to infinity.
  const float limit = layout.type == StorageType::f16 ? 65520.0f : std::numeric_limits<float>::infinity();
  return std::all_of(vector.begin(), vector.end(), [&](float x) { return std::abs(x) < limit; });
}

EmbeddingFormat embedding_format_of(const fs::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".jsonl") return EmbeddingFormat::json_lines;
  if (io::is_stream(path)) {
    if (extension.empty() || path == "-") return EmbeddingFormat::json_lines;
    throw io::argument_error({path}, "is a pipe or a device, which takes .jsonl only");
  }
  if (extension == ".npy") return EmbeddingFormat::npy;
  if (extension == ".safetensors") return EmbeddingFormat::safetensors;
  throw io::argument_error(
      {path}, "cannot tell the format by the extension '" + extension + "'" + expected_extension);
}

std::size_t EmbeddingLayout::header_size() const {
  return header({}, 0, 0).size();
}

/// Puts the job's digits in the place of spaces behind the dictionary, which leave room for them.
std::string EmbeddingLayout::with_npy_job(std::string header) const {
  if (job.empty()) return header;
  const std::string comment = std::string(npy_job) + job;
  return header.replace(header.rfind('}') + 1, comment.size(), comment);
}

std::string EmbeddingLayout::with_safetensors_job(std::string header) const {
  if (job.empty()) return header;
  const std::string member =
      R"("__metadata__":{")" + std::string(safetensors_job) + R"(":")" + job + R"("},)";
  header.resize(header.size() - member.size());  // spaces
  return header.insert(header.find('{') + 1, member);
}

std::string EmbeddingLayout::header(const fs::path& path, std::int64_t texts, std::int64_t vectors) const {
  const std::vector<TensorInfo> tensors = tensors_of(*this, texts, vectors);
  switch (format) {
    case EmbeddingFormat::npy:
      return with_npy_job(io::npy_header(tensors[0]));
    case EmbeddingFormat::safetensors:
      return with_safetensors_job(io::safetensors_header(path, tensors, safetensors_header_size));
    case EmbeddingFormat::json_lines:
      return {};
  }
  return {};
}

std::optional<std::uint64_t> EmbeddingLayout::bytes(std::int64_t texts, std::int64_t tokens_of_all,
                                                    bool complete) const {
  if (format == EmbeddingFormat::json_lines) return std::nullopt;
  const auto tensors = tensors_of(*this, texts, tokens ? tokens_of_all : texts);
  std::uint64_t size = header_size();
  for (const TensorInfo& tensor : std::span(tensors).first(complete ? tensors.size() : 1)) {
    const std::optional<std::uint64_t> more = io::bytes_of(tensor);
    if (!more || *more > INT64_MAX - size) return 0;  // no file is so large
    size += *more;
  }
  return size;
}

void validate(const EmbeddingLayout& layout, const fs::path& path) {
  if (layout.type != StorageType::f32 && layout.type != StorageType::f16) {
    throw io::argument_error({path}, "vectors cannot be written as " + std::string(to_string(layout.type)) +
                                         "; expected f32 or f16");
  }
  if (!layout.tokens) return;
  if (layout.format != EmbeddingFormat::safetensors)
    throw io::argument_error({path},
                             "vectors of tokens need their offsets beside them; expected .safetensors");
  if (layout.type != StorageType::f32)
    throw io::argument_error({path}, "vectors of tokens are written as f32 only");
}

void append_vector(const EmbeddingLayout& layout, std::span<const float> vector, const std::string& id,
                   bool first, std::string& out) {
  if (layout.format == EmbeddingFormat::json_lines) return append_json(layout, vector, id, first, out);
  if (layout.type == StorageType::f16) {
    for (const float value : vector) append_bytes(core::f16_from_float(value), out);
  } else {
    const auto bytes = std::as_bytes(vector);
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

}  // namespace saccade::pipeline
