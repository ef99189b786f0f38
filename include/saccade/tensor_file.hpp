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

/// Name, element type and shape of a tensor in a file.
struct TensorInfo {
  std::string name;                     ///< "x" for the only tensor of an .npy file
  StorageType type = StorageType::f32;  ///< of each element
  std::vector<std::int64_t> shape;      ///< row-major; empty for a scalar

  /// Number of elements; -1 where a size is negative or the tensor's bytes do not fit 63 bits, which no
  /// tensor of an open TensorFile has.
  [[nodiscard]] std::int64_t elements() const noexcept;
};

/// A file of tensors, opened for reading: .npy, .npz (stored or deflated) or .safetensors, recognised by its
/// first bytes. Opening reads only headers, and read() only the requested elements, so files larger than
/// memory work. Arrays that are big-endian or in Fortran order are converted as they are read. For one thread
/// at a time.
///
/// What cannot be read as a tensor, such as an array of strings, an F8 tensor, or a file in an .npz that is
/// no array, is not listed, and is an Error{file_format} only for who asks for it by name.
///
/// Errors in headers, sizes and offsets are found by open(); the checksum of an .npz entry is compared when
/// the entry has been read from beginning to end. Errors name the file, the tensor and the numbers:
/// file_not_usable for what cannot be opened or read, file_format for malformed contents.
///
/// @code
/// const auto file = saccade::TensorFile::open("hidden.npz");
/// const saccade::TensorInfo& info = file.at("x");                    // [tokens][width]
/// std::vector<float> rows(100 * info.shape[1]);
/// file.read("x", 0, rows);                                           // the first 100 rows, as fp32
/// const std::vector<std::int64_t> boundaries = file.read_integers("offsets");
/// @endcode
class SACCADE_API TensorFile {
 public:
  /// Opens a file and reads its headers.
  [[nodiscard]] static TensorFile open(const std::filesystem::path& path);
  /// Moves the file; the one moved from may only be assigned to or destroyed.
  TensorFile(TensorFile&&) noexcept;
  /// Moves the file; the one moved from may only be assigned to or destroyed.
  TensorFile& operator=(TensorFile&&) noexcept;
  ~TensorFile();

  /// The path given to open().
  [[nodiscard]] const std::filesystem::path& path() const noexcept;
  /// All tensors of the file that can be read.
  [[nodiscard]] std::span<const TensorInfo> tensors() const noexcept;
  /// The tensor of that name; null when there is none. Throws Error{file_format} for one that cannot be read.
  [[nodiscard]] const TensorInfo* find(std::string_view name) const;
  /// The tensor of that name. Throws Error{file_format} listing the file's tensors when there is none.
  [[nodiscard]] const TensorInfo& at(std::string_view name) const;

  /// Throws Error{unsupported} naming the tensors that no call has named (find(), at() and the reads below):
  /// a mask by another name would otherwise be ignored. `known`: what the caller takes, for the message.
  void require_all_used(std::string_view known) const;

  /// Reads elements first to first + out.size() - 1 of a tensor of f32, f16, bf16 or f64, converted to fp32;
  /// another type is an Error{file_format}. Throws Error{invalid_argument} where the tensor has no such
  /// elements. Reading a deflated tensor backwards inflates it again from its beginning.
  void read(std::string_view name, std::int64_t first, std::span<float> out) const;
  /// Reads elements first to first + out.size() - 1 of a tensor of boolean or u8, unconverted. Throws as
  /// read().
  void read_bytes(std::string_view name, std::int64_t first, std::span<std::uint8_t> out) const;
  /// Reads all elements of a tensor of i32 or i64; another type is an Error{file_format}.
  [[nodiscard]] std::vector<std::int64_t> read_integers(std::string_view name) const;

 private:
  struct State;
  explicit TensorFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A file of tensors being written: .npy, .npz or .safetensors, by the name's extension. Names, types and
/// shapes are declared first; then each tensor's elements are appended in order, those of different tensors
/// in any interleaving, which does not change the bytes of the file. The file appears under its name on
/// commit(); without it nothing is left behind and an existing file of that name is unchanged.
///
/// An .npz stores one tensor after the other: elements appended to a tensor before the ones declared earlier
/// are complete are kept in a temporary file, so declare large tensors first. Devices and pipes can be
/// written too, as .npz where their name has no extension.
///
/// @code
/// const std::vector<float> z(32 * 128);
/// const std::vector<std::int64_t> ends = {0, 27, 32};
/// saccade::TensorFileWriter writer("out.npz", {{.name = "z", .shape = {32, 128}},
///                                              {"offsets", saccade::StorageType::i64, {3}}});
/// writer.append("z", z);
/// writer.append("offsets", ends);
/// writer.commit();
/// @endcode
class SACCADE_API TensorFileWriter {
 public:
  /// Declares the tensors. Throws Error{invalid_argument} for an unknown extension, an .npy with other than
  /// one tensor, a type other than f32, i32 and i64, or names that are not unique, and Error{file_not_usable}
  /// for a folder that cannot be written.
  TensorFileWriter(const std::filesystem::path& path, std::vector<TensorInfo> tensors);
  /// Moves the writer; the one moved from may only be assigned to or destroyed.
  TensorFileWriter(TensorFileWriter&&) noexcept;
  /// Moves the writer; the one moved from may only be assigned to or destroyed.
  TensorFileWriter& operator=(TensorFileWriter&&) noexcept;
  ~TensorFileWriter();

  /// Appends elements to a tensor declared f32. Throws Error{invalid_argument} for another type or more
  /// elements than declared.
  void append(std::string_view name, std::span<const float> values);
  /// Appends elements to a tensor declared i64 or i32. Throws Error{invalid_argument} for another type, more
  /// elements than declared, or a value that does not fit i32.
  void append(std::string_view name, std::span<const std::int64_t> values);
  /// Checks that every tensor is complete and has the disk write all bytes, but does not give the file its
  /// name yet: several files that belong together are all finished before the first is committed. A pipe gets
  /// its bytes here. Throws Error where that fails; nothing can be appended afterwards.
  void finish();
  /// Calls finish() unless that was done, then gives the file its name.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace saccade
