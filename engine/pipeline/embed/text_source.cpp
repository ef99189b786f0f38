#include "pipeline/embed/text_source.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "io/files/errors.hpp"
#include "io/files/input_file.hpp"
#include "io/files/output_path.hpp"

namespace saccade::pipeline {
namespace {

namespace fs = std::filesystem;

TextFormat format_of(const fs::path& path, std::optional<TextFormat> otherwise) {
  if (path.extension() == ".txt") return TextFormat::lines;
  if (path.extension() == ".jsonl") return TextFormat::json_lines;
  if (otherwise) return *otherwise;
  if (path == io::standard_stream) return TextFormat::lines;
  throw io::argument_error({path}, "cannot tell the format by the extension '" + path.extension().string() +
                                       "'; expected .txt or .jsonl, or an input format");
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

TextSource::TextSource(std::span<const fs::path> inputs, std::optional<TextFormat> format,
                       std::size_t longest)
    : inputs_(inputs.begin(), inputs.end()), longest_(longest), reader_(inputs_, longest) {
  for (const fs::path& path : inputs_) check_input(path, format);
  if (!can_read_again_) total_bytes_ = 0;
}

void TextSource::check_input(const fs::path& path, std::optional<TextFormat> format) {
  std::error_code unknown;
  if (fs::is_directory(path, unknown)) throw io::system_error(path, "read", EISDIR);
  formats_.push_back(format_of(path, format));
  if (io::is_stream(path)) {
    can_read_again_ = false;
  } else {
    total_bytes_ += io::InputFile(path).size();
  }
}

bool TextSource::has_lines() const {
  return std::find(formats_.begin(), formats_.end(), TextFormat::lines) != formats_.end();
}

std::string TextSource::place(const TextLine& line) const {
  const fs::path& path = inputs_[line.file];
  return (path == io::standard_stream ? "stdin" : path.string()) + ":" + std::to_string(line.line);
}

bool TextSource::is_text(const io::Line& line) const {
  return formats_[line.file] == TextFormat::lines || line.too_long || !is_blank(line.text);
}

TextCount TextSource::count() const {
  io::LineReader reader(inputs_, longest_);
  std::int64_t texts = 0;
  while (const std::optional<io::Line> line = reader.next()) texts += is_text(*line) ? 1 : 0;
  return {texts, reader.bytes(), reader.crc()};
}

void TextSource::limit(std::int64_t first, std::int64_t last) {
  last_ = last;
  while (number_ < first) {
    const std::optional<io::Line> line = reader_.next();
    if (!line) return;
    number_ += is_text(*line) ? 1 : 0;
  }
}

void TextSource::resume(const io::LinePosition& position, std::int64_t number) {
  reader_.skip_to(position);
  number_ = number;
}

bool TextSource::read(const WindowSize& size, TextWindow& window) {
  window.bytes.clear();
  window.lines.clear();
  std::vector<std::size_t> ends;
  while (number_ < last_ && window.lines.size() < size.lines && window.bytes.size() < size.bytes) {
    const std::optional<io::Line> line = reader_.next();
    if (!line) break;
    if (!is_text(*line)) continue;
    window.bytes += line->text;
    ends.push_back(window.bytes.size());
    window.lines.push_back({{}, line->file, line->number, number_++, line->too_long});
  }
  // The memory stays where it is from here on.
  for (std::size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++])
    window.lines[i].text = std::string_view(window.bytes).substr(begin, ends[i] - begin);
  return !window.lines.empty();
}

}  // namespace saccade::pipeline
