#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "io/files/mapped_file.hpp"
#include "io/formats/stored_tensor.hpp"
#include "ops/weight_view.hpp"

namespace saccade::model {

/// The tensors of one safetensors file, or of a model's directory: model.safetensors, or the files that
/// model.safetensors.index.json names. Files are mapped; only tensors that are not aligned to their elements
/// or are F64 are copied. Files must not be truncated meanwhile (MappedFile).
class WeightFiles {
 public:
  WeightFiles() = default;
  /// Checks headers and sizes of all files. Throws Error: unsupported where there is a pickle only, with
  /// advice; file_not_usable; file_format where a file is truncated or corrupt, or the index does not fit.
  explicit WeightFiles(const std::filesystem::path& directory);

  /// One file, whatever its name. Throws Error{file_not_usable} or Error{file_format}.
  [[nodiscard]] static WeightFiles open_file(const std::filesystem::path& path);

  [[nodiscard]] bool has(const std::string& name) const { return tensors_.contains(name); }
  /// A tensor that must be there, of this shape (one or two sizes) and stored as F32, F16, BF16 or F64,
  /// which is rounded to fp32. Throws Error{file_format} naming file, tensor, and what was found and
  /// expected. Valid as long as this object, wherever that is moved.
  [[nodiscard]] ops::WeightView at(const std::string& name, const std::vector<std::int64_t>& shape);
  /// The sizes of a tensor; null where there is none of this name.
  [[nodiscard]] const std::vector<std::int64_t>* find_shape(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  /// The names of tensors that at() has not returned.
  [[nodiscard]] std::vector<std::string> unused() const;
  /// The file that an error about all tensors names: the index, or the only file.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  struct Tensor {
    TensorInfo info;
    std::size_t file = 0;
    std::uint64_t begin = 0;
    std::string unreadable = {};  ///< as StoredTensor's
    bool used = false;            ///< at() has returned it
  };
  struct File {
    std::filesystem::path path;
    io::MappedFile map;
  };

  /// Maps a file and returns its tensors.
  std::vector<io::StoredTensor> open(const std::filesystem::path& path);
  /// Adds a tensor of the file opened last.
  void add(const io::StoredTensor& tensor);
  void open_shards(const std::filesystem::path& index);
  /// The tensor's elements at a place that is aligned to them.
  [[nodiscard]] const std::byte* aligned(const Tensor& tensor);
  /// A copy of a tensor of F64 in fp32.
  [[nodiscard]] const std::byte* rounded(const Tensor& tensor);

  std::filesystem::path path_;
  std::vector<File> files_;
  std::map<std::string, Tensor> tensors_;
  std::vector<AlignedBuffer<std::byte>> copies_;
};

}  // namespace saccade::model
