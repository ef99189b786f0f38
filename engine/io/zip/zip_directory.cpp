#include "io/zip/zip_directory.hpp"

// This is not minizip's reader, which ignores the zip64 numbers of entries beyond 4 GiB where `unsigned long`
// has 64 bits (minizip 1.1, unzip.c, compares with (unsigned long)-1).

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "io/files/errors.hpp"
#include "io/zip/zip_end.hpp"
#include "io/zip/zip_record.hpp"

namespace saccade::io {
namespace {

constexpr std::uint16_t stored_method = 0;
constexpr std::uint16_t deflated_method = 8;
constexpr std::uint64_t zip32_limit = 0xffffffff;  ///< means that the number is in the zip64 field

/// An entry as the directory describes it.
struct DirectoryEntry {
  std::uint16_t flags;
  std::uint16_t method;
  std::uint64_t header_begin;
  ZipEntry entry;
};

/// Reads the numbers that do not fit 32 bits from the zip64 field (identifier 1) of `extra`, where they
/// follow one another.
void apply_zip64(std::string_view extra, DirectoryEntry& found) {
  while (extra.size() >= 4) {
    const ZipRecord field(extra);
    const std::size_t size = field.u16(2);
    if (size > extra.size() - 4) return;
    std::string_view numbers = extra.substr(4, size);
    if (field.u16(0) == 1) {
      for (std::uint64_t* value : {&found.entry.size, &found.entry.compressed_size, &found.header_begin}) {
        if (*value != zip32_limit || numbers.size() < 8) continue;
        *value = ZipRecord(numbers).u64(0);
        numbers.remove_prefix(8);
      }
    }
    extra.remove_prefix(4 + size);
  }
}

/// Parses the directory. Every error names the file and the entry.
class DirectoryReader {
 public:
  explicit DirectoryReader(InputFile& file) : file_(file), end_(read_zip_end(file)) {
    constexpr std::uint64_t largest = 1 << 28;
    if (end_.directory_size > largest) {
      throw format_error(place_, "the zip directory has " + std::to_string(end_.directory_size) +
                                     " bytes, more than the " + std::to_string(largest) + " accepted");
    }
    directory_ = read_string(file, end_.directory_begin, end_.directory_size);
    rest_ = directory_;
  }

  std::vector<ZipEntry> entries() {
    std::vector<ZipEntry> entries;
    std::unordered_set<std::string> names;
    while (entries.size() < end_.entries) {
      place_.tensor = "number " + std::to_string(entries.size() + 1) + " of " + std::to_string(end_.entries);
      entries.push_back(next());
      if (!names.insert(entries.back().name).second)
        throw format_error(place_, "is there twice; expected entries of different names");
    }
    place_.tensor.clear();
    require(rest_.empty(), "the zip directory has more entries than its end says, and");
    check_ranges(entries);
    return entries;
  }

 private:
  void require(bool fine, const char* what) const {
    if (!fine) throw format_error(place_, std::string(what) + " is corrupt");
  }

  /// No byte may belong to two entries, or to an entry and the directory.
  void check_ranges(const std::vector<ZipEntry>& entries) {
    std::vector<std::pair<std::uint64_t, std::size_t>> order;  // first byte of the header, and the entry
    for (std::size_t i = 0; i < entries.size(); ++i) order.emplace_back(headers_[i], i);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const ZipEntry& entry = entries[order[i].second];
      const bool last = i + 1 == order.size();
      const std::uint64_t limit = last ? end_.directory_begin : order[i + 1].first;
      if (entry.begin + entry.compressed_size <= limit) continue;
      place_.tensor = entry.name;
      throw format_error(place_, "its bytes reach into " +
                                     (last ? "the zip directory"
                                           : "'" + printable(entries[order[i + 1].second].name) + "'") +
                                     ": corrupt");
    }
  }

  ZipEntry next() {
    DirectoryEntry found = next_in_directory();
    place_.tensor = found.entry.name;
    found.entry.unreadable = unreadable(found);
    found.entry.begin = data_begin(found);
    headers_.push_back(found.header_begin);
    check_sizes(found.entry);
    return std::move(found.entry);
  }

  DirectoryEntry next_in_directory() {
    constexpr std::size_t fixed_size = 46;
    const ZipRecord record(rest_);
    require(rest_.size() >= fixed_size && record.is("PK\x01\x02"), "the zip directory");
    const std::size_t name_size = record.u16(28);
    const std::size_t extra_size = record.u16(30);
    const std::size_t size = fixed_size + name_size + extra_size + record.u16(32);
    require(rest_.size() >= size, "the zip directory");
    DirectoryEntry found{record.u16(8),
                         record.u16(10),
                         record.u32(42),
                         {std::string(rest_.substr(fixed_size, name_size)),
                          record.u16(10) == deflated_method,
                          record.u32(16),
                          record.u32(20),
                          record.u32(24),
                          0,
                          {}}};
    apply_zip64(rest_.substr(fixed_size + name_size, extra_size), found);
    rest_.remove_prefix(size);
    return found;
  }

  static std::string unreadable(const DirectoryEntry& found) {
    constexpr std::uint16_t encrypted = 1;
    if ((found.flags & encrypted) != 0) return "the entry is encrypted";
    if (found.method == stored_method || found.method == deflated_method) return "";
    return "compression method " + std::to_string(found.method) +
           " is not supported; expected 0 (stored) or 8 (deflated)";
  }

  /// Reads the entry's own header, which has an extra field of its own length and must agree with the
  /// directory.
  std::uint64_t data_begin(const DirectoryEntry& found) const {
    constexpr std::uint64_t fixed_size = 30;
    const std::string& name = found.entry.name;
    const std::uint64_t size = fixed_size + name.size();
    const bool within = found.header_begin <= file_.size() && size <= file_.size() - found.header_begin;
    require(within, "the place of the entry in the zip directory");
    const std::string bytes = read_string(file_, found.header_begin, size);
    const ZipRecord header(bytes);
    require(header.is("PK\x03\x04") && header.u16(8) == found.method && header.u16(26) == name.size() &&
                bytes.substr(fixed_size) == name,
            "the entry's own header");
    return found.header_begin + size + header.u16(28);
  }

  void check_sizes(const ZipEntry& entry) const {
    const std::string compressed = std::to_string(entry.compressed_size);
    const std::string size = std::to_string(entry.size);
    if (entry.begin > file_.size() || entry.compressed_size > file_.size() - entry.begin) {
      throw format_error(place_, compressed + " bytes from " + std::to_string(entry.begin) +
                                     " reach beyond the file of " + std::to_string(file_.size()) + " bytes");
    }
    if (!entry.unreadable.empty()) return;
    if (!entry.deflated && entry.compressed_size != entry.size) {
      throw format_error(place_, "a stored entry of " + size + " bytes takes " + compressed);
    }
    // Deflate makes at most 258 bytes of two bits: a larger size is false, and memory must not be allocated
    // for it.
    if (entry.deflated && entry.size / 1032 > entry.compressed_size) {
      throw format_error(place_, compressed + " deflated bytes cannot hold " + size);
    }
  }

  InputFile& file_;
  Place place_{file_.path()};
  ZipEnd end_;
  std::string directory_;
  std::vector<std::uint64_t> headers_;  ///< first byte of each entry's own header
  std::string_view rest_;               ///< the part of directory_ that is not parsed yet
};

}  // namespace

std::vector<ZipEntry> read_zip_directory(InputFile& file) {
  return DirectoryReader(file).entries();
}

}  // namespace saccade::io
