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
#include "model/files/weight_view.hpp"

namespace saccade::model {

/// The tensors of a model's directory: model.safetensors, or the files that model.safetensors.index.json
/// names. They stay where the mapped files have them, but for those that are not aligned to their elements,
/// which are copied. Files must not be truncated meanwhile (MappedFile).
class WeightFiles {
 public:
  WeightFiles() = default;
  /// Checks headers and sizes of all files. Throws Error: unsupported where there is a pickle only, with
  /// advice; file_not_usable; file_format where a file is truncated or corrupt, or the index does not fit.
  explicit WeightFiles(const std::filesystem::path& directory);

  [[nodiscard]] bool has(const std::string& name) const { return tensors_.contains(name); }
  /// A tensor that must be there, of this shape (one or two sizes) and stored as F32, F16 or BF16. Throws
  /// Error{file_format} naming file, tensor, and what was found and expected. Valid as long as this object,
  /// wherever that is moved.
  [[nodiscard]] WeightView at(const std::string& name, const std::vector<std::int64_t>& shape);
  /// What to name in an error about all of them.
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  struct Tensor {
    TensorInfo info;
    std::size_t file = 0;
    std::uint64_t begin = 0;
  };
  struct File {
    std::filesystem::path path;
    io::MappedFile map;
  };

  /// Maps a file and gives its tensors.
  std::vector<io::StoredTensor> open(const std::filesystem::path& path);
  /// A tensor of the file opened last.
  void add(const io::StoredTensor& tensor);
  void open_shards(const std::filesystem::path& index);
  [[nodiscard]] const std::byte* aligned(const Tensor& tensor);

  std::filesystem::path path_;
  std::vector<File> files_;
  std::map<std::string, Tensor> tensors_;
  std::vector<AlignedBuffer<std::byte>> copies_;
};

}  // namespace saccade::model
