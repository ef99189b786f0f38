#include "io/zip/zip_end.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "io/files/errors.hpp"
#include "io/zip/zip_record.hpp"

namespace saccade::io {
namespace {

constexpr std::uint64_t end_size = 22;
constexpr std::uint64_t end64_size = 56;
constexpr std::uint64_t locator_size = 20;

/// The offset of the end record: the last signature from which record and comment reach exactly to the end of
/// the file.
std::optional<std::uint64_t> find_end(InputFile& file) {
  constexpr std::uint64_t longest_comment = 65535;
  const std::uint64_t searched = std::min(file.size(), end_size + longest_comment);
  const std::string tail = read_string(file, file.size() - searched, searched);
  for (std::size_t left = end_size; left <= tail.size(); ++left) {
    const ZipRecord record(std::string_view(tail).substr(tail.size() - left));
    if (record.is("PK\x05\x06") && end_size + record.u16(20) == left) return file.size() - left;
  }
  return std::nullopt;
}

/// The offset of the zip64 record, which has the numbers that do not fit the end record.
std::optional<std::uint64_t> find_end64(InputFile& file, std::uint64_t end) {
  if (end < locator_size + end64_size) return std::nullopt;
  const std::string bytes = read_string(file, end - locator_size, locator_size);
  const ZipRecord locator(bytes);
  if (!locator.is("PK\x06\x07")) return std::nullopt;
  const std::uint64_t begin = locator.u64(8);
  if (begin <= end - locator_size - end64_size && read_string(file, begin, 4) == "PK\x06\x06") return begin;
  throw format_error({file.path()},
                     "the zip64 end record is not at byte " + std::to_string(begin) + ": corrupt");
}

void check_directory(InputFile& file, const ZipEnd& end, std::uint64_t limit) {
  if (end.directory_begin <= limit && end.directory_size <= limit - end.directory_begin) return;
  throw format_error({file.path()}, "the zip directory of " + std::to_string(end.directory_size) +
                                        " bytes from " + std::to_string(end.directory_begin) +
                                        " reaches beyond byte " + std::to_string(limit) +
                                        ", where it must end: truncated or corrupt");
}

}  // namespace

ZipEnd read_zip_end(InputFile& file) {
  const std::optional<std::uint64_t> begin = find_end(file);
  if (!begin) {
    throw format_error({file.path()}, "has no zip directory at its end (" + std::to_string(file.size()) +
                                          " bytes): truncated or not an .npz");
  }
  const std::string bytes = read_string(file, *begin, end_size);
  const ZipRecord record(bytes);
  ZipEnd end{record.u16(10), record.u32(12), record.u32(16)};
  std::uint64_t limit = *begin;
  const bool saturated =
      end.entries == 0xffff || end.directory_size == 0xffffffff || end.directory_begin == 0xffffffff;
  if (const std::optional<std::uint64_t> begin64 = saturated ? find_end64(file, *begin) : std::nullopt) {
    const std::string bytes64 = read_string(file, *begin64, end64_size);
    const ZipRecord record64(bytes64);
    end = {record64.u64(32), record64.u64(40), record64.u64(48)};
    limit = *begin64;
  }
  check_directory(file, end, limit);
  return end;
}

}  // namespace saccade::io
