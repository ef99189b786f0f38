#include "model/files/weight_files.hpp"

#include <cstring>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "core/as_size.hpp"
#include "io/files/errors.hpp"
#include "io/formats/convert.hpp"
#include "io/formats/safetensors.hpp"
#include "io/formats/storage_types.hpp"
#include "io/json/json_value.hpp"

namespace saccade::model {
namespace {

constexpr const char* one_file = "model.safetensors";
constexpr const char* index_file = "model.safetensors.index.json";

bool is_pickle(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  // Other .bin files may lie there: training_args.bin.
  if (extension == ".bin") return path.filename().string().starts_with("pytorch_model");
  return extension == ".pt" || extension == ".pth" || extension == ".ckpt";
}

/// The first by name; empty: there is none.
std::string find_pickle(const std::filesystem::path& directory) {
  std::string first;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (is_pickle(name) && (first.empty() || name < first)) first = name;
  }
  return first;
}

[[noreturn]] void fail_without_weights(const std::filesystem::path& directory) {
  const std::string neither = std::string("has neither ") + one_file + " nor " + index_file;
  const std::string pickle = find_pickle(directory);
  if (pickle.empty()) throw Error(ErrorCode::file_not_usable, io::to_string({directory}) + neither);
  throw Error(
      ErrorCode::unsupported,
      io::to_string({directory}) + neither + ", but " + io::printable(pickle) +
          ". That is a Python pickle, which runs whatever code it holds when it is opened; saccade does not. "
          "Convert it where it can be trusted: load the model in Python and call "
          "save_pretrained(directory, safe_serialization=True)");
}

bool holds_weights(StorageType type) {
  return type == StorageType::f32 || type == StorageType::f16 || type == StorageType::bf16;
}

}  // namespace

WeightFiles::WeightFiles(const std::filesystem::path& directory) : path_(directory / one_file) {
  if (io::file_exists(path_)) {
    for (const io::StoredTensor& tensor : open(path_)) add(tensor);
    return;
  }
  path_ = directory / index_file;
  if (!io::file_exists(path_)) fail_without_weights(directory);
  open_shards(path_);
}

WeightFiles WeightFiles::open_file(const std::filesystem::path& path) {
  WeightFiles files;
  files.path_ = path;
  for (const io::StoredTensor& tensor : files.open(path)) files.add(tensor);
  return files;
}

const std::vector<std::int64_t>* WeightFiles::find_shape(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second.info.shape;
}

std::vector<std::string> WeightFiles::names() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) names.push_back(name);
  return names;
}

std::vector<std::string> WeightFiles::unused() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) {
    if (!tensor.used) names.push_back(name);
  }
  return names;
}

void WeightFiles::add(const io::StoredTensor& tensor) {
  tensors_.insert_or_assign(tensor.info.name,
                            Tensor{tensor.info, files_.size() - 1, tensor.begin, tensor.unreadable});
}

std::vector<io::StoredTensor> WeightFiles::open(const std::filesystem::path& path) {
  const auto file = std::make_shared<io::InputFile>(path);
  std::vector<io::StoredTensor> tensors = io::read_safetensors(file);
  files_.push_back({path, io::MappedFile(*file)});
  return tensors;
}

void WeightFiles::open_shards(const std::filesystem::path& index) {
  std::map<std::string, std::set<std::string>> shards;
  io::read_json(index)
      .at("weight_map")
      .each_member([&](const std::string& tensor, const io::JsonValue& file) {
        const std::string& shard = file.text();
        if (std::filesystem::path(shard).filename() != shard || shard.empty())
          throw file.wrong("the name of a file in the same directory");
        shards[shard].insert(tensor);
      });
  for (auto& [shard, wanted] : shards) {
    for (const io::StoredTensor& tensor : open(index.parent_path() / shard)) {
      if (wanted.erase(tensor.info.name) != 0) add(tensor);
    }
    if (wanted.empty()) continue;
    throw io::format_error({files_.back().path, *wanted.begin()},
                           "is missing; " + index.filename().string() + " says that it is here");
  }
}

ops::WeightView WeightFiles::at(const std::string& name, const std::vector<std::int64_t>& shape) {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    throw io::format_error({path_, name}, "is missing; expected " + io::shape_text(shape));
  Tensor& tensor = found->second;
  tensor.used = true;
  if (!tensor.unreadable.empty()) throw Error(ErrorCode::file_format, tensor.unreadable);
  const io::Place place{files_[tensor.file].path, name};
  if (tensor.info.shape != shape)
    throw io::format_error(place,
                           "is " + io::shape_text(tensor.info.shape) + "; expected " + io::shape_text(shape));
  const StorageType type = tensor.info.type;
  const std::int64_t rows = shape.size() == 1 ? 1 : shape.front();
  if (type == StorageType::f64) return {rounded(tensor), StorageType::f32, rows, shape.back(), shape.back()};
  if (!holds_weights(type)) {
    throw io::format_error(place, "is stored as " + std::string(io::row_of(type).safetensors) +
                                      "; expected F32, F16, BF16 or F64");
  }
  return {aligned(tensor), type, rows, shape.back(), shape.back()};
}

const std::byte* WeightFiles::rounded(const Tensor& tensor) {
  const std::size_t elements = core::as_size(tensor.info.elements());
  const std::byte* const data = files_[tensor.file].map.bytes().data() + tensor.begin;
  copies_.emplace_back(elements * sizeof(float));
  io::convert_to_float(StorageType::f64, {data, elements * sizeof(double)},
                       {reinterpret_cast<float*>(copies_.back().data()), elements});
  return copies_.back().data();
}

const std::byte* WeightFiles::aligned(const Tensor& tensor) {
  const std::byte* data = files_[tensor.file].map.bytes().data() + tensor.begin;
  // A map begins on a page.
  if (tensor.begin % size_of(tensor.info.type) == 0) return data;
  const std::size_t bytes = core::as_size(tensor.info.elements()) * size_of(tensor.info.type);
  copies_.emplace_back(bytes);
  std::memcpy(copies_.back().data(), data, bytes);
  return copies_.back().data();
}

}  // namespace saccade::model
