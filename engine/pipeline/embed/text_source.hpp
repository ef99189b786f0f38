#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/line_reader.hpp"
#include "saccade/embed_files.hpp"

namespace saccade::pipeline {

/// A line of an input, not yet parsed.
struct TextLine {
  std::string_view text;
  std::size_t file = 0;
  std::int64_t line = 0;    ///< in its file, from 1
  std::int64_t number = 0;  ///< among the texts of all inputs, from 0
  bool too_long = false;
};

/// Consecutive lines and the memory that holds them.
struct TextWindow {
  std::string bytes;
  std::vector<TextLine> lines;
};

/// The limits of a window of lines.
struct WindowSize {
  std::size_t bytes = 0;  ///< the line that passes it is the last
  std::size_t lines = 0;
};

/// The number of texts in all inputs, and the size and sum of their bytes.
struct TextCount {
  std::int64_t texts = 0;
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;  ///< CRC-32 of all bytes
};

/// The texts of the inputs, in order.
class TextSource {
 public:
  /// Throws Error naming an input that is not usable or whose format is unknown. `longest`: bytes of a line.
  TextSource(std::span<const std::filesystem::path> inputs, std::optional<TextFormat> format,
             std::size_t longest);

  /// Whether every input is a file on disk, whose bytes can be read again.
  [[nodiscard]] bool can_read_again() const noexcept { return can_read_again_; }
  /// The bytes of all inputs; 0 where that is not known.
  [[nodiscard]] std::uint64_t total_bytes() const noexcept { return total_bytes_; }
  [[nodiscard]] TextFormat format(std::size_t file) const { return formats_[file]; }
  /// Whether an input has a text in every line.
  [[nodiscard]] bool has_lines() const;
  [[nodiscard]] std::size_t longest() const noexcept { return longest_; }
  /// FILE:LINE
  [[nodiscard]] std::string place(const TextLine& line) const;

  /// Counts the texts from the next one on by reading all inputs, then returns to the position before.
  [[nodiscard]] TextCount count() const;
  /// Restricts the source to texts first to last - 1, and skips the lines before them.
  void limit(std::int64_t first, std::int64_t last);
  /// Continues at this position; the next text has this number.
  void resume(const io::LinePosition& position, std::int64_t number);

  /// Fills the window; false where no text is left.
  bool read(const WindowSize& size, TextWindow& window);

  [[nodiscard]] const io::LineReader& reader() const noexcept { return reader_; }
  [[nodiscard]] std::int64_t next_number() const noexcept { return number_; }

 private:
  void check_input(const std::filesystem::path& path, std::optional<TextFormat> format);
  [[nodiscard]] bool is_text(const io::Line& line) const;

  std::vector<std::filesystem::path> inputs_;
  std::size_t longest_;
  std::vector<TextFormat> formats_;
  bool can_read_again_ = true;
  std::uint64_t total_bytes_ = 0;
  io::LineReader reader_;
  std::int64_t number_ = 0;
  std::int64_t last_ = INT64_MAX;
};

}  // namespace saccade::pipeline
