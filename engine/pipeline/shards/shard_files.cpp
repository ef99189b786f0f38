#include "pipeline/shards/shard_files.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "io/files/errors.hpp"
#include "io/files/growing_file.hpp"
#include "io/files/line_reader.hpp"
#include "io/formats/npy.hpp"
#include "io/formats/safetensors.hpp"
#include "io/formats/storage_types.hpp"
#include "io/json/json_members.hpp"
#include "io/json/strict_json.hpp"
#include "saccade/embed_files.hpp"

namespace saccade {
namespace pipeline {
namespace {

namespace fs = std::filesystem;

/// A number as shard_path() writes it, taken off the front.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.starts_with('-')) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<Shard> shard_called(std::string_view name, std::string_view output) {
  constexpr std::string_view before = ".shard-", between = "-of-";
  if (!name.starts_with(output)) return std::nullopt;
  name.remove_prefix(output.size());
  if (!name.starts_with(before)) return std::nullopt;
  name.remove_prefix(before.size());
  const std::optional<std::int64_t> index = take_number(name);
  if (!index || !name.starts_with(between)) return std::nullopt;
  name.remove_prefix(between.size());
  const std::optional<std::int64_t> count = take_number(name);
  if (!count || !name.empty() || *count < 2 || *index >= *count) return std::nullopt;
  return Shard{*index, *count};
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

/// The number of parts that the names of the files say. Throws Error where there is no part, or where names
/// disagree.
std::int64_t shard_count(const fs::path& output) {
  std::map<std::int64_t, std::string> counts;  // and a file that says so
  std::error_code unreadable;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_of(output), unreadable)) {
    const std::string name = entry.path().filename().string();
    if (const auto shard = shard_called(name, output.filename().string())) counts[shard->count] = name;
  }
  if (counts.empty()) {
    throw Error(ErrorCode::file_not_usable, output.string() + ": there is no part of it; expected " +
                                                shard_path(output, {0, 2}).filename().string() +
                                                " and so on");
  }
  if (counts.size() > 1) {
    throw io::format_error({output}, "has parts of different numbers, such as " + counts.begin()->second +
                                         " and " + counts.rbegin()->second + "; expected those of one only");
  }
  return counts.begin()->first;
}

void require_all(const fs::path& output, std::int64_t count) {
  std::string missing;
  for (std::int64_t i = 0; i < count; ++i) {
    const fs::path path = shard_path(output, {i, count});
    if (fs::exists(path)) continue;
    const bool begun = fs::exists(io::GrowingFile::partial_path(path));
    missing += (missing.empty() ? "" : ", ") + path.filename().string() + (begun ? " (unfinished)" : "");
  }
  if (!missing.empty())
    throw Error(ErrorCode::file_not_usable, output.string() + ": of " + std::to_string(count) +
                                                " parts there lack " + missing + "; expected all of them");
}

[[noreturn]] void throw_wrong_tensors(const fs::path& path) {
  throw io::format_error({path},
                         "does not hold what a part of an output holds; expected the file of saccade embed");
}

/// The job that the header of a part names; empty where it names none.
std::string job_of_header(ShardFile& shard) {
  const std::string header = io::read_string(*shard.file, 0, shard.begin);
  if (shard.layout.format == EmbeddingFormat::npy) {
    const std::size_t at = header.find(npy_job);
    return at == std::string::npos ? "" : header.substr(at + npy_job.size(), job_digits);
  }
  const nlohmann::json members = nlohmann::json::parse(header.begin() + 8, header.end());
  const nlohmann::json metadata = members.value("__metadata__", nlohmann::json::object());
  const auto job = metadata.is_object() ? metadata.find(safetensors_job) : metadata.end();
  return job != metadata.end() && job->is_string() ? job->get<std::string>() : "";
}

/// Texts of a part that has their offsets; their values are checked while they are copied.
std::int64_t texts_of(const std::vector<io::StoredTensor>& tensors, const fs::path& path) {
  if (tensors.size() != 2) throw_wrong_tensors(path);
  const TensorInfo& offsets = tensors[1].info;
  if (offsets.name != "offsets" || offsets.type != StorageType::i64 || offsets.shape.size() != 1 ||
      offsets.shape[0] < 1)
    throw_wrong_tensors(path);
  return offsets.shape[0] - 1;
}

ShardFile read_tensors(const std::shared_ptr<io::InputFile>& file, EmbeddingFormat format) {
  const fs::path& path = file->path();
  const std::vector<io::StoredTensor> tensors =
      format == EmbeddingFormat::npy ? std::vector{io::read_npy({path}, file)} : io::read_safetensors(file);
  if (tensors.empty() || tensors[0].info.shape.size() != 2) throw_wrong_tensors(path);
  const io::StoredTensor& vectors = tensors[0];
  ShardFile shard{file, {format, vectors.info.type, vectors.info.shape[1], false}};
  shard.texts = shard.vectors = vectors.info.shape[0];
  shard.begin = vectors.begin;
  shard.end = vectors.begin + io::bytes_of(vectors.info).value();
  if (format == EmbeddingFormat::safetensors && vectors.info.name == "tokens") {
    shard.layout.tokens = true;
    shard.texts = texts_of(tensors, path);
  } else if (tensors.size() != 1) {
    throw_wrong_tensors(path);
  }
  if (shard.begin != shard.layout.header_size()) throw_wrong_tensors(path);
  validate(shard.layout, path);
  shard.job = job_of_header(shard);
  return shard;
}

void require_whole_lines(io::InputFile& file) {
  std::byte last{};
  file.read(file.size() - 1, std::span(&last, 1));
  if (last != std::byte{'\n'})
    throw io::format_error({file.path()}, "ends within a line; expected whole lines");
}

/// Takes the width of the vectors and the job from the first line.
void read_first_line(ShardFile& shard) {
  const fs::path& path = shard.file->path();
  require_whole_lines(*shard.file);
  io::LineReader lines({path}, shard.file->size());
  const std::string_view text = lines.next()->text;
  const io::Place place{path.string() + ":1"};
  constexpr std::array<std::string_view, 1> keys = {"embedding"};
  const auto value = io::find_json_members(place, text, "the line", keys).front();
  const nlohmann::json vector =
      value ? io::parse_strict_json(place, std::string(*value), "'embedding'") : nlohmann::json();
  if (!vector.is_array()) throw io::format_error(place, "has no list 'embedding'; expected one");
  shard.layout.width = static_cast<std::int64_t>(vector.size());
  const std::size_t size = json_job.size() + job_digits + 1;  // and a quote
  if (text.size() <= size) return;
  const std::string_view member = text.substr(text.size() - 1 - size, size);
  if (!member.starts_with(json_job)) return;
  shard.job = member.substr(json_job.size(), job_digits);
  shard.job_begin = text.size() - 1 - size;
  shard.job_end = text.size() - 1;
}

ShardFile read_shard(const fs::path& path, EmbeddingFormat format) {
  const auto file = std::make_shared<io::InputFile>(path);
  if (format != EmbeddingFormat::json_lines) return read_tensors(file, format);
  ShardFile shard{file, {format, StorageType::f32, 0, false}};
  shard.end = file->size();
  if (shard.end > 0) read_first_line(shard);
  return shard;
}

std::string text_of(const EmbeddingLayout& layout) {
  return std::string(layout.tokens ? "tokens' " : "") + std::to_string(layout.width) + " values of " +
         std::string(to_string(layout.type));
}

void require_one_layout(const std::vector<ShardFile>& shards) {
  const ShardFile* first = nullptr;
  for (const ShardFile& shard : shards) {
    if (shard.layout.format == EmbeddingFormat::json_lines && shard.file->size() == 0) continue;
    if (first == nullptr) first = &shard;
    if (text_of(shard.layout) == text_of(first->layout)) continue;
    throw io::format_error({shard.file->path()}, "has vectors of " + text_of(shard.layout) + ", but " +
                                                     first->file->path().string() + " of " +
                                                     text_of(first->layout) + "; expected the same");
  }
}

/// Parts that do not say their job (they were made before parts did) fit with each other only.
void require_one_job(const std::vector<ShardFile>& shards) {
  const ShardFile* first = nullptr;
  const auto text = [](const ShardFile& shard) { return shard.job.empty() ? "none" : shard.job; };
  for (const ShardFile& shard : shards) {
    if (shard.layout.format == EmbeddingFormat::json_lines && shard.file->size() == 0) continue;
    if (first == nullptr) first = &shard;
    if (shard.job == first->job) continue;
    throw io::format_error({shard.file->path()},
                           "is a part of another job (check sum " + text(shard) + ") than " +
                               first->file->path().string() + " (" + text(*first) +
                               "); expected parts of the same inputs, model and options");
  }
}

}  // namespace

std::vector<ShardFile> find_shards(const fs::path& output) {
  const EmbeddingFormat format = embedding_format_of(output);
  const std::int64_t count = shard_count(output);
  require_all(output, count);
  std::vector<ShardFile> shards;
  for (std::int64_t i = 0; i < count; ++i)
    shards.push_back(read_shard(shard_path(output, {i, count}), format));
  require_one_layout(shards);
  require_one_job(shards);
  return shards;
}

}  // namespace pipeline

std::filesystem::path shard_path(const std::filesystem::path& output, const Shard& shard) {
  if (shard.count == 1) return output;
  std::filesystem::path path = output;
  path += ".shard-" + std::to_string(shard.index) + "-of-" + std::to_string(shard.count);
  return path;
}

}  // namespace saccade
