#include "io/files/line_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/file_bytes.hpp"

namespace saccade {
namespace {

using io::Line;
using io::LinePosition;
using io::LineReader;
namespace fs = std::filesystem;

constexpr std::size_t longest = 1000;

std::vector<std::string> lines_of(LineReader& reader) {
  std::vector<std::string> lines;
  while (const std::optional<Line> line = reader.next())
    lines.push_back(std::to_string(line->file) + ":" + std::to_string(line->number) + ":" +
                    std::string(line->text) + (line->too_long ? "..." : ""));
  return lines;
}

std::vector<std::string> lines_of(const std::vector<fs::path>& files) {
  LineReader reader(files, longest);
  return lines_of(reader);
}

using Lines = std::vector<std::string>;

TEST_CASE("lines: empty ones, carriage returns, with and without a last newline") {
  const test::TemporaryFolder folder;
  CHECK(lines_of({folder.write("a", "one\n\ntwo\r\n")}) == Lines{"0:1:one", "0:2:", "0:3:two\r"});
  CHECK(lines_of({folder.write("b", "one\ntwo")}) == Lines{"0:1:one", "0:2:two"});
  CHECK(lines_of({folder.write("c", "\n")}) == Lines{"0:1:"});
  CHECK(lines_of({folder.write("d", "")}).empty());
  CHECK(lines_of({folder / "b", folder / "d", folder / "a"}) ==
        Lines{"0:1:one", "0:2:two", "2:1:one", "2:2:", "2:3:two\r"});
}

TEST_CASE("lines that are longer than what is kept are passed by, wherever a block of the file ends") {
  const test::TemporaryFolder folder;
  for (const std::size_t size : {std::size_t{1000}, std::size_t{1001}, std::size_t{262143},
                                 std::size_t{262144}, std::size_t{700000}}) {
    INFO(size);
    const fs::path file =
        folder.write("long", "a\n" + std::string(size, 'x') + "\nb\n" + std::string(size, 'y'));
    LineReader reader({file}, longest);
    CHECK(reader.next()->text == "a");
    CHECK(reader.next()->too_long == (size > longest));
    const Line after = *reader.next();
    CHECK(after.text == "b");
    CHECK(after.number == 3);
    CHECK(reader.next()->too_long == (size > longest));
    CHECK(!reader.next());
    CHECK(reader.bytes() == 2 * size + 5);
  }
}

TEST_CASE("the sum and the place are those of all bytes before the next line, however they were passed") {
  const test::TemporaryFolder folder;
  std::string first, second;
  for (int i = 0; i < 40000; ++i) first += "line " + std::to_string(i) + "\n";
  for (int i = 0; i < 40000; ++i) second += std::string(static_cast<std::size_t>(i % 7), 'z') + "\n";
  const std::vector<fs::path> files = {folder.write("first", first), folder.write("none", ""),
                                       folder.write("second", second)};
  LineReader all(files, longest);
  for (int i = 0; i < 60000; ++i) static_cast<void>(all.next());
  CHECK(all.position().file == 2);
  CHECK(all.position().lines == 20000);
  CHECK(all.crc() == test::crc32_of(first + second.substr(0, all.position().offset)));

  LineReader skipped(files, longest);
  skipped.skip_to(all.position());
  CHECK(skipped.position() == all.position());
  CHECK(skipped.crc() == all.crc());
  CHECK(skipped.bytes() == all.bytes());
  CHECK(lines_of(skipped) == lines_of(all));
  CHECK(skipped.crc() == test::crc32_of(first + second));
}

TEST_CASE("a place behind the end, and a file that is not there") {
  const test::TemporaryFolder folder;
  const std::vector<fs::path> files = {folder.write("a", "one\n"), folder.write("b", "two and more\n")};
  LineReader reader(files, longest);
  test::expect_error(ErrorCode::file_format, {"a", "ends before byte 5"}, [&] {
    reader.skip_to(LinePosition{0, 5, 1});
  });
  LineReader end(files, longest);
  end.skip_to({2, 0, 0});
  CHECK(!end.next());
  LineReader missing({folder / "missing"}, longest);
  test::expect_error(ErrorCode::file_not_usable, {"missing", "No such file"},
                     [&] { static_cast<void>(missing.next()); });
}

}  // namespace
}  // namespace saccade
