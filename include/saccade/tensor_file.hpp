#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "saccade/export.hpp"
#include "saccade/storage_type.hpp"

namespace saccade {

struct TensorInfo {
  std::string name;  ///< the only tensor of an .npy file is called "x"
  StorageType type = StorageType::f32;
  std::vector<std::int64_t> shape;

  /// -1 where a size is negative or the tensor's bytes do not fit 63 bits; a TensorFile holds no such tensor.
  [[nodiscard]] std::int64_t elements() const noexcept;
};

/// A file of tensors, opened for reading: .npy, .npz (stored or deflated) or .safetensors, told by its first
/// bytes. Opening reads headers only and elements are read when asked for, so files larger than memory work.
/// Everything that can be wrong with headers, sizes and offsets is found at open(); the checksum of an .npz
/// entry is compared when the entry has been read from beginning to end. Errors name the file, the tensor and
/// the numbers: file_not_usable for what cannot be opened, file_format for what is wrong inside.
/// Little-endian, C order only. Not for use by several threads at once.
class SACCADE_API TensorFile {
 public:
  [[nodiscard]] static TensorFile open(const std::filesystem::path& path);
  TensorFile(TensorFile&&) noexcept;
  TensorFile& operator=(TensorFile&&) noexcept;
  ~TensorFile();

  [[nodiscard]] const std::filesystem::path& path() const noexcept;
  [[nodiscard]] std::span<const TensorInfo> tensors() const noexcept;
  /// Null when there is none of that name.
  [[nodiscard]] const TensorInfo* find(std::string_view name) const noexcept;
  /// Throws Error{file_format} naming the file's tensors when there is none of that name.
  [[nodiscard]] const TensorInfo& at(std::string_view name) const;

  /// Elements first to first + out.size() - 1, converted to fp32 (from f32, f16, bf16, f64; other types are
  /// an Error{file_format}). Throws Error{invalid_argument} where the tensor has no such elements. Going
  /// forward through a deflated tensor is cheap, going back starts it again.
  void read(std::string_view name, std::int64_t first, std::span<float> out) const;
  /// The same elements of a tensor of bytes (boolean or u8), as stored: whoever wrote a boolean wrote 0 or 1.
  void read_bytes(std::string_view name, std::int64_t first, std::span<std::uint8_t> out) const;
  /// A whole tensor of integers (i32 or i64).
  [[nodiscard]] std::vector<std::int64_t> read_integers(std::string_view name) const;

 private:
  struct State;
  explicit TensorFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A file of tensors being written: .npy, .npz or .safetensors, told by the name's extension. Names, types
/// and shapes are declared first; then each tensor's elements are appended in order, tensors in any
/// interleaving: the bytes of the file depend only on the tensors. What is appended to an .npz for a tensor
/// declared later than one that is not complete waits in a temporary file: declare first what is large and
/// written throughout. The file appears under its name only on commit(); without it nothing is left behind
/// and a file of that name is as it was. Devices and pipes are written to as well, as .npz where their name
/// has no extension.
class SACCADE_API TensorFileWriter {
 public:
  /// Throws Error for an unknown extension, an .npy with other than one tensor, a type other than f32, i32
  /// and i64, names that are not unique, or a folder that cannot be written.
  TensorFileWriter(const std::filesystem::path& path, std::vector<TensorInfo> tensors);
  TensorFileWriter(TensorFileWriter&&) noexcept;
  TensorFileWriter& operator=(TensorFileWriter&&) noexcept;
  ~TensorFileWriter();

  /// The tensor must have been declared f32.
  void append(std::string_view name, std::span<const float> values);
  /// The tensor must have been declared i64, or i32 (every value must fit).
  void append(std::string_view name, std::span<const std::int64_t> values);
  /// Checks that every tensor is complete and has the disk write everything, short of the file's name: throws
  /// Error where that fails. Nothing can be appended after it. Several files that belong together are all
  /// finished before the first is committed. A pipe gets its bytes here.
  void finish();
  /// Calls finish() unless it has been called, then gives the file its name.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace saccade
