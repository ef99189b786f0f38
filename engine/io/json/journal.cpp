#include "io/json/journal.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "io/files/errors.hpp"
#include "io/files/line_reader.hpp"
#include "io/json/strict_json.hpp"

namespace saccade::io {
namespace {

constexpr std::size_t longest_line = std::size_t{1} << 26;
/// How the first line of every journal begins.
constexpr std::string_view first_bytes = R"({"job":)";
constexpr std::string_view before_sum = R"(,"sum":")";
constexpr std::string_view after_sum = R"("})";

std::string hexadecimal(std::uint32_t value) {
  std::array<char, 9> text;
  std::snprintf(text.data(), text.size(), "%08x", static_cast<unsigned>(value));
  return text.data();
}

/// The end of a line of which `crc` is the CRC-32 of everything before.
std::string sum_text(const Crc32& crc) {
  return std::string(before_sum) + hexadecimal(crc.value()) + std::string(after_sum);
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

enum class Sum : std::uint8_t { right, wrong, missing };

/// Checks the sum of a line without its newline, of which `crc` is the CRC-32 of the lines before. `crc` then
/// includes the line.
Sum check_sum(std::string_view line, Crc32& crc) {
  constexpr std::size_t size = before_sum.size() + 8 + after_sum.size();
  const std::string_view end = line.substr(line.size() - std::min(line.size(), size));
  if (end.size() < size || !end.starts_with(before_sum) || !end.ends_with(after_sum)) return Sum::missing;
  crc.add(bytes_of(line.substr(0, line.size() - size)));
  const bool right = end == sum_text(crc);
  crc.add(bytes_of(end));
  crc.add(bytes_of("\n"));
  return right ? Sum::right : Sum::wrong;
}

}  // namespace

Error Journal::damaged(std::int64_t number, const std::string& what) const {
  return format_error({path().string() + ":" + std::to_string(number)}, what);
}

/// Whether the file has no complete line, and what it has may be the beginning of a journal.
bool Journal::may_be_begun() const {
  std::string begin(first_bytes.size(), '\0');
  begin.resize(file_.file().read(0, std::as_writable_bytes(std::span(begin))));
  return begin == first_bytes.substr(0, begin.size());
}

void Journal::replay(const std::function<void(const JsonValue&, std::int64_t)>& line) {
  const std::uint64_t found = file_.file().size();
  if (!may_be_begun()) {
    throw format_error({path()},
                       "is not the journal of a run of saccade embed; expected no file of this name");
  }
  LineReader reader({path()}, longest_line);
  while (const std::optional<Line> next = reader.next()) {
    const std::uint64_t end = reader.position().offset;
    std::byte last{};
    if (file_.file().read(end - 1, std::span(&last, 1)) != 1 || last != std::byte{'\n'}) break;
    Crc32 crc = crc_;
    const Sum sum = next->too_long ? Sum::missing : check_sum(next->text, crc);
    if (sum != Sum::right && end == found && next->number > 1) break;
    if (sum == Sum::missing && next->number == 1) {
      throw damaged(1,
                    "has no check sum: damaged, or written by saccade before there were any; expected "
                    "\"sum\" at its end");
    }
    if (sum != Sum::right)
      throw damaged(next->number, "is damaged: its check sum is not that of the bytes before");
    const Place place{path().string() + ":" + std::to_string(next->number)};
    const std::string what = "the line";
    line({place, parse_strict_object(place, std::string(next->text), what), what}, next->number);
    size_ = end;
    crc_ = crc;
  }
}

void Journal::begin(const nlohmann::json& job) {
  file_.remove_at_end();
  size_ = 0;
  crc_ = Crc32();
  append({{"job", job}});
}

void Journal::append(const nlohmann::json& object) {
  std::string line = object.dump();
  line.pop_back();
  crc_.add(bytes_of(line));
  const std::string sum = sum_text(crc_) + "\n";
  crc_.add(bytes_of(sum));
  line += sum;
  if (file_.file().size() > size_) file_.file().resize(size_);
  file_.file().write(size_, bytes_of(line));
  file_.file().sync_data();
  size_ += line.size();
}

}  // namespace saccade::io
