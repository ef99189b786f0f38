#include "io/json/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>

#include "io/files/errors.hpp"
#include "io/files/growing_file.hpp"
#include "io/files/line_reader.hpp"
#include "io/json/strict_json.hpp"

namespace saccade::io {
namespace {

constexpr std::size_t longest_line = std::size_t{1} << 26;

}  // namespace

Journal::Journal(std::filesystem::path path) : file_(std::move(path), O_RDWR | O_CREAT, 0666) {
  // Other errors mean a file system without locks.
  if (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw Error(ErrorCode::file_not_usable, to_string({this->path()}) + "is in use by another run");
  std::byte first{};
  kept_ = file_.read(0, std::span(&first, 1)) > 0;
  if (!kept_) unfinished_ = UnfinishedFile(this->path());
}

Journal::~Journal() {
  if (!kept_ && file_.is_open()) remove();
}

void Journal::replay(const std::function<void(const JsonValue&, std::int64_t)>& line) {
  LineReader reader({path()}, longest_line);
  size_ = 0;
  while (const std::optional<Line> next = reader.next()) {
    // The last line is complete if a newline ends it.
    std::byte end{};
    const std::uint64_t last = reader.position().offset - 1;
    if (file_.read(last, std::span(&end, 1)) != 1 || end != std::byte{'\n'}) break;
    const Place place{path().string() + ":" + std::to_string(next->number)};
    const std::string what = "the line";
    line({place, parse_strict_object(place, std::string(next->text), what), what}, next->number);
    size_ = reader.position().offset;
  }
  file_.resize(size_);
}

void Journal::clear() {
  file_.resize(0);
  size_ = 0;
  kept_ = false;
  unfinished_ = UnfinishedFile(path());
}

void Journal::keep() noexcept {
  kept_ = true;
  unfinished_.release();
}

void Journal::append(const nlohmann::json& object) {
  const std::string line = object.dump() + "\n";
  file_.write(size_, std::as_bytes(std::span(line)));
  file_.sync_data();
  size_ += line.size();
}

void Journal::remove() noexcept {
  kept_ = true;
  ::unlink(path().c_str());
  unfinished_.release();
}

}  // namespace saccade::io
