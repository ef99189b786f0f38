#include "io/formats/npy.hpp"

#include <utility>

#include "io/formats/converted_source.hpp"
#include "io/formats/npy_dictionary.hpp"
#include "io/formats/storage_types.hpp"

namespace saccade::io {
namespace {

/// The longest header; numpy reads at most 10,000 characters by default.
constexpr std::uint64_t longest_header = 1 << 20;

/// The dictionary in the header: its offset, after magic, version and length, and its length.
struct HeaderRange {
  std::uint64_t begin;
  std::uint64_t size;
};

/// Reads the length, which has two bytes in version 1 and four in versions 2 and 3.
HeaderRange read_header_range(const Place& place, ByteSource& bytes) {
  constexpr std::uint64_t version_end = 8;
  if (bytes.size() < version_end + 2 || read_string(bytes, 0, npy_magic.size()) != npy_magic) {
    throw format_error(place, "is not an .npy: " + std::to_string(bytes.size()) +
                                  " bytes that do not begin with \\x93NUMPY, a version and a header length");
  }
  const std::string version = read_string(bytes, npy_magic.size(), 2);
  if (version[0] < 1 || version[0] > 3 || version[1] != 0) {
    throw format_error(place, ".npy version " + std::to_string(version[0]) + "." +
                                  std::to_string(version[1]) + " is unknown; expected 1.0, 2.0 or 3.0");
  }
  const std::uint64_t length_size = version[0] == 1 ? 2 : 4;
  if (bytes.size() < version_end + length_size) throw format_error(place, "ends within the .npy header");
  std::uint64_t size = 0;
  bytes.read(version_end, std::as_writable_bytes(std::span(&size, 1)).first(length_size));
  return {version_end + length_size, size};
}

void check_header_range(const Place& place, const HeaderRange& header, std::uint64_t size) {
  const std::string says = "the .npy header says that it is " + std::to_string(header.size) + " bytes long, ";
  if (header.size > size - header.begin) {
    throw format_error(place,
                       says + "but " + std::to_string(size - header.begin) + " follow: truncated or corrupt");
  }
  if (header.size > longest_header) {
    throw format_error(place, says + "more than the " + std::to_string(longest_header) + " accepted");
  }
}

/// The type that a descr such as '<f4' names; none: it is not supported.
std::optional<StorageType> parse_descr(const std::string& descr) {
  if (descr.empty()) return std::nullopt;
  const std::optional<StorageType> type = type_of_npy(descr.substr(1));
  const bool has_order = type && size_of(*type) > 1;  // a single byte has none
  const std::string_view orders = has_order ? "<>=" : "<>=|";
  return orders.find(descr[0]) == std::string_view::npos ? std::nullopt : type;
}

std::string unsupported(const Place& place, const std::string& descr) {
  const bool structured = descr.starts_with('['), objects = descr.find("O") == 1;
  return to_string(place) + "dtype " + (structured ? printable(descr) : "'" + printable(descr) + "'") +
         (structured ? " is structured"
          : objects  ? " holds Python objects"
                     : " is not supported") +
         "; expected b1, i1, u1, f2, f4, f8, i2, i4, i8, u2, u4 or u8";
}

void check_size(const Place& place, const StoredTensor& tensor) {
  const std::uint64_t held = tensor.bytes->size() - tensor.begin;
  const std::string what =
      "shape " + shape_text(tensor.info.shape) + " of " + std::string(to_string(tensor.info.type));
  const std::optional<std::uint64_t> needed = bytes_of(tensor.info);
  if (!needed) throw format_error(place, what + " has a negative size or more than 2^63 bytes");
  if (*needed == held) return;
  throw format_error(place, what + " needs " + std::to_string(*needed) + " bytes, but " +
                                std::to_string(held) +
                                " follow the header: " + (held < *needed ? "truncated" : "too many"));
}

}  // namespace

StoredTensor read_npy(const Place& place, std::shared_ptr<ByteSource> bytes) {
  const HeaderRange header = read_header_range(place, *bytes);
  check_header_range(place, header, bytes->size());
  NpyDictionary dictionary = parse_npy_dictionary(place, read_string(*bytes, header.begin, header.size));
  const std::string name = place.tensor.empty() ? std::string(npy_tensor_name) : place.tensor;
  const std::optional<StorageType> type = parse_descr(dictionary.descr);
  if (!type) return unreadable_tensor(name, unsupported(place, dictionary.descr));
  StoredTensor tensor{
      {name, *type, std::move(dictionary.shape)}, std::move(bytes), header.begin + header.size};
  check_size(place, tensor);
  if (dictionary.descr[0] == '>') tensor = from_big_endian(std::move(tensor));
  if (dictionary.fortran_order) tensor = from_fortran_order(std::move(tensor));
  return tensor;
}

std::string npy_header(const TensorInfo& tensor) {
  const StorageTypeRow& row = row_of(tensor.type);
  std::string text = std::string("{'descr': '") + (row.size == 1 ? '|' : '<') + std::string(row.npy) +
                     "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(tensor.shape[i]);
  }
  text += tensor.shape.size() == 1 ? ",), }" : "), }";

  // The elements begin at a multiple of 64, after a newline.
  const auto padded = [&](std::size_t begin) { return (begin + text.size() + 1 + 63) / 64 * 64 - begin; };
  const bool version_1 = padded(10) < 65536;
  const std::size_t size = padded(version_1 ? 10 : 12);
  std::string header = std::string(npy_magic) + (version_1 ? '\x01' : '\x02') + '\0';
  for (std::size_t byte = 0; byte < (version_1 ? 2u : 4u); ++byte) {
    header += static_cast<char>((size >> (8 * byte)) & 0xff);
  }
  text.resize(size - 1, ' ');
  return header + text + '\n';
}

}  // namespace saccade::io
