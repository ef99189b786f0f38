#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/crc32.hpp"
#include "io/files/file_descriptor.hpp"

namespace saccade::io {

/// The path that means the standard input.
inline constexpr std::string_view standard_stream = "-";

/// A line without its end.
struct Line {
  std::string_view text;    ///< valid until the next call
  std::size_t file = 0;     ///< index of its file
  std::int64_t number = 0;  ///< in its file, from 1
  bool too_long = false;    ///< `text` is only its beginning
};

/// The position after a line that was read.
struct LinePosition {
  std::size_t file = 0;
  std::uint64_t offset = 0;  ///< in that file
  std::int64_t lines = 0;    ///< of that file before the position

  [[nodiscard]] bool operator==(const LinePosition&) const = default;
};

/// Lines of files, one file after the other. A line ends with a newline, or with its file. Holds one block of
/// bytes, or the longest line, whatever the size of the files.
class LineReader {
 public:
  /// `longest`: bytes of a line that are kept; the rest of a longer line is skipped.
  LineReader(std::vector<std::filesystem::path> files, std::size_t longest);

  /// The next line; nothing at the end of the last file. Throws Error{file_not_usable}.
  [[nodiscard]] std::optional<Line> next();
  /// Skips all bytes up to a position at which an earlier run stopped. Throws Error{file_format} where the
  /// files end before it.
  void skip_to(const LinePosition& position);

  [[nodiscard]] const LinePosition& position() const noexcept { return position_; }
  /// The CRC-32 of all bytes before position(), those of all files.
  [[nodiscard]] std::uint32_t crc() const noexcept { return crc_.value(); }
  /// The number of bytes before position(), in all files.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return files_before_ + position_.offset; }

 private:
  [[nodiscard]] bool open();
  [[nodiscard]] bool refill();
  void next_file();
  void consume(std::size_t bytes);
  [[nodiscard]] std::string_view rest() const noexcept { return std::string_view(block_).substr(at_); }
  [[nodiscard]] Line line(std::string_view text, bool too_long) const;
  [[nodiscard]] Line long_line();

  std::vector<std::filesystem::path> files_;
  std::size_t longest_;
  FileDescriptor file_;  ///< the file of position_, open after its first read
  std::string block_;    ///< bytes read
  std::size_t at_ = 0;   ///< the first unread byte of block_
  LinePosition position_;
  std::uint64_t files_before_ = 0;  ///< bytes of the files before this one
  Crc32 crc_;
};

}  // namespace saccade::io
