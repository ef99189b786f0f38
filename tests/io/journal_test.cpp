#include "io/json/journal.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"

namespace saccade {
namespace {

using io::Journal;
using nlohmann::json;
using test::read_bytes;

std::vector<json> replayed(Journal& journal) {
  std::vector<json> lines;
  journal.replay([&](const io::JsonValue& line, std::int64_t number) {
    lines.push_back(line.raw());
    CHECK(number == static_cast<std::int64_t>(lines.size()));
  });
  return lines;
}

TEST_CASE("what was appended comes back, and a line that a crash cut off does not") {
  const test::TemporaryFolder folder;
  const std::vector<json> expected = {{{"a", 1}}, {{"b", "two\n"}}};
  {
    Journal journal(folder / "j");
    journal.clear();
    for (const json& line : expected) journal.append(line);
    journal.keep();
  }
  const std::string whole = read_bytes(folder / "j");
  for (const std::string torn : {"", "{\"c\":3", "{\"c\":3}", "{"}) {
    INFO(torn);
    folder.write("j", whole + torn);
    Journal journal(folder / "j");
    CHECK(replayed(journal) == expected);
    journal.append({{"d", 4}});
    CHECK(read_bytes(folder / "j") == whole + "{\"d\":4}\n");
  }
}

TEST_CASE("a journal that was begun goes again unless it is kept; one that was there stays") {
  const test::TemporaryFolder folder;
  {
    Journal journal(folder / "j");
    journal.append({{"a", 1}});
  }
  CHECK(folder.names().empty());
  folder.write("j", "{\"a\":1}\n");
  { Journal journal(folder / "j"); }
  CHECK(read_bytes(folder / "j") == "{\"a\":1}\n");
  Journal(folder / "j").remove();
  CHECK(folder.names().empty());
}

TEST_CASE("a whole line that is no object names its place") {
  const test::TemporaryFolder folder;
  for (const std::string bad : {"x", "[1]", "", "{\"a\":1,\"a\":2}"}) {
    INFO(bad);
    const auto path = folder.write("j", "{\"a\":1}\n" + bad + "\n{\"b\":2}\n");
    Journal journal(path);
    test::expect_error(ErrorCode::file_format, {path.string() + ":2: "},
                       [&] { static_cast<void>(replayed(journal)); });
  }
}

TEST_CASE("one run at a time") {
  const test::TemporaryFolder folder;
  const Journal journal(folder / "j");
  test::expect_error(ErrorCode::file_not_usable, {"j", "in use"}, [&] { Journal second(folder / "j"); });
}

}  // namespace
}  // namespace saccade
