#pragma once

// Files made byte by byte from the descriptions of their formats, by other code than the library's, so that
// they can be made wrong as well.

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace saccade::test {

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// A number in `size` bytes, the lowest first.
std::string little_endian(std::uint64_t value, std::size_t size);

/// An .npy of any version and header text.
std::string npy_bytes(const std::string& header, const std::string& data, char version = 1);
/// "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
std::string npy_text(const std::string& descr, const std::string& shape);

/// A .safetensors of any header text.
std::string safetensors_bytes(const std::string& header, const std::string& data);

std::uint32_t crc32_of(const std::string& bytes);
/// A deflate stream of fixed Huffman codes and literals only: longer than the input, but deflated.
std::string deflate(const std::string& bytes);

/// An entry of a zip archive with everything that an archive says about it.
struct ZipEntryBytes {
  std::string name;
  std::string content;  ///< as it stands in the file
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  std::uint32_t crc = 0;
  std::uint32_t size = 0;  ///< uncompressed
};

ZipEntryBytes stored(const std::string& name, const std::string& bytes);
ZipEntryBytes deflated(const std::string& name, const std::string& bytes);
std::string zip_bytes(const std::vector<ZipEntryBytes>& entries);

}  // namespace saccade::test
