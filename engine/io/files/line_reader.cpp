#include "io/files/line_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "io/files/errors.hpp"

namespace saccade::io {
namespace {

constexpr std::size_t block_size = 1 << 18;

FileDescriptor open_to_read(const std::filesystem::path& path) {
  if (path == standard_stream) return FileDescriptor::copy_of(STDIN_FILENO, "stdin");
  return {path, O_RDONLY};
}

}  // namespace

LineReader::LineReader(std::vector<std::filesystem::path> files, std::size_t longest)
    : files_(std::move(files)), longest_(longest) {}

bool LineReader::open() {
  if (position_.file == files_.size()) return false;
  if (!file_.is_open()) file_ = open_to_read(files_[position_.file]);
  return true;
}

/// Reads more bytes to the end of block_; false at the end of the file.
bool LineReader::refill() {
  block_.erase(0, std::exchange(at_, 0));
  const std::size_t had = block_.size();
  block_.resize(had + block_size);
  const std::size_t count = file_.read_next(std::as_writable_bytes(std::span(block_)).subspan(had));
  block_.resize(had + count);
  return count > 0;
}

void LineReader::next_file() {
  file_ = FileDescriptor();
  files_before_ += position_.offset;
  position_ = {position_.file + 1, 0, 0};
}

void LineReader::consume(std::size_t bytes) {
  crc_.add(std::as_bytes(std::span(block_)).subspan(at_, bytes));
  at_ += bytes;
  position_.offset += bytes;
}

Line LineReader::line(std::string_view text, bool too_long) const {
  return {text.substr(0, longest_), position_.file, position_.lines, too_long || text.size() > longest_};
}

/// Makes a line of the first bytes of rest(), which is longer than a line may be, and skips what follows.
Line LineReader::long_line() {
  std::size_t end = rest().find('\n');
  for (bool more = true; end == std::string_view::npos && more; end = rest().find('\n')) {
    consume(rest().size());
    more = refill();
  }
  consume(end == std::string_view::npos ? rest().size() : end + 1);
  ++position_.lines;
  return line({}, true);
}

std::optional<Line> LineReader::next() {
  std::size_t searched = 0;
  while (open()) {
    const std::size_t end = rest().find('\n', searched);
    searched = rest().size();
    if (end == std::string_view::npos && searched > longest_) return long_line();
    if (end == std::string_view::npos && refill()) continue;
    if (end == std::string_view::npos && searched == 0) {
      next_file();
      continue;
    }
    const std::string_view text = rest().substr(0, end);
    consume(end == std::string_view::npos ? text.size() : end + 1);
    ++position_.lines;
    return line(text, false);
  }
  return std::nullopt;
}

void LineReader::skip_to(const LinePosition& position) {
  const auto missing = [&] {
    if (position_.file < position.file) return std::numeric_limits<std::uint64_t>::max();
    return position_.file > position.file ? 0 : position.offset - position_.offset;
  };
  while (missing() > 0 && open()) {
    if (rest().empty() && !refill()) next_file();
    consume(static_cast<std::size_t>(std::min<std::uint64_t>(rest().size(), missing())));
  }
  if (position_.file != position.file || position_.offset != position.offset) {
    const std::string name =
        position.file < files_.size() ? files_[position.file].string() : "the last input";
    throw format_error(
        {name}, "ends before byte " + std::to_string(position.offset) + ", up to which it was read before");
  }
  position_.lines = position.lines;
}

}  // namespace saccade::io
