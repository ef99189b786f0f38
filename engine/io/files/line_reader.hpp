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

/// Stands for the standard input where a file to be read is named.
inline constexpr std::string_view standard_stream = "-";

/// A line without its end.
struct Line {
  std::string_view text;    ///< until the next call
  std::size_t file = 0;     ///< which of the files
  std::int64_t number = 0;  ///< in its file, from 1
  bool too_long = false;    ///< there is more of it than the reader keeps
};

/// The end of a line that was read: what is behind it comes next.
struct LinePosition {
  std::size_t file = 0;
  std::uint64_t offset = 0;  ///< in that file
  std::int64_t lines = 0;    ///< of that file, before it

  [[nodiscard]] bool operator==(const LinePosition&) const = default;
};

/// Lines of files, one file after the other. A line ends with a newline, or with its file. Holds one block of
/// bytes, or the longest line, whatever the size of the files.
class LineReader {
 public:
  /// `longest`: bytes of a line that are kept; what a longer one has beyond is passed by.
  LineReader(std::vector<std::filesystem::path> files, std::size_t longest);

  /// The next line, nothing at the end. Throws Error{file_not_usable}.
  [[nodiscard]] std::optional<Line> next();
  /// Passes by all bytes up to there, of which no line is asked for. Throws Error{file_format} where the
  /// files end before.
  void skip_to(const LinePosition& position);

  [[nodiscard]] const LinePosition& position() const noexcept { return position_; }
  /// Of all bytes before position(), from the first file's first.
  [[nodiscard]] std::uint32_t crc() const noexcept { return crc_.value(); }
  /// Bytes before position().
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
  FileDescriptor file_;  ///< of position_, once something was read from it
  std::string block_;    ///< bytes read
  std::size_t at_ = 0;   ///< what of them is used up
  LinePosition position_;
  std::uint64_t files_before_ = 0;  ///< bytes of the files before this one
  Crc32 crc_;
};

}  // namespace saccade::io
