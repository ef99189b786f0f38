// Lines of .jsonl and .txt files: each is parsed in both formats; a reader that skips to a position reads the
// rest.

#include <string>
#include <vector>

#include "fuzz/memory_folder.hpp"
#include "io/files/line_reader.hpp"
#include "pipeline/embed/text_record.hpp"

namespace saccade::fuzz {
namespace {

constexpr std::size_t longest = 200;

struct ReadLine {
  std::string text;
  io::LinePosition position;
  std::uint32_t crc;
};

std::vector<ReadLine> read_lines(io::LineReader& reader) {
  std::vector<ReadLine> lines;
  while (const auto line = reader.next()) {
    require(line->text.size() <= longest, "a line longer than the limit");
    lines.push_back({std::string(line->text), reader.position(), reader.crc()});
  }
  return lines;
}

}  // namespace
}  // namespace saccade::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace saccade;
  using namespace saccade::fuzz;
  static const MemoryFolder folder;
  const auto path = folder.write("lines", as_text(bytes, size));
  io::LineReader reader({path, path}, longest);
  const std::vector<ReadLine> lines = read_lines(reader);
  for (const ReadLine& line : lines) {
    for (const TextFormat format : {TextFormat::json_lines, TextFormat::lines})
      errors_only([&] {
        static_cast<void>(pipeline::parse_record("f:1", format, line.text, "text", {100, 16}));
      });
  }
  if (lines.empty()) return 0;
  const std::size_t at = size * 7 % lines.size();
  io::LineReader second({path, path}, longest);
  second.skip_to(lines[at].position);
  require(second.crc() == lines[at].crc, "another sum after skipping");
  const std::vector<ReadLine> rest = read_lines(second);
  require(rest.size() == lines.size() - at - 1, "another number of lines after skipping");
  for (std::size_t i = 0; i < rest.size(); ++i)
    require(rest[i].text == lines[at + 1 + i].text, "another line after skipping");
  return 0;
}
