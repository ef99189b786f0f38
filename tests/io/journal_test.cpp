#include "io/json/journal.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fixtures/expect_error.hpp"
#include "fixtures/journal_lines.hpp"
#include "fixtures/temporary_folder.hpp"

namespace saccade {
namespace {

using io::Journal;
using nlohmann::json;
using test::journal_of;
using test::read_bytes;

std::vector<json> replayed(Journal& journal) {
  std::vector<json> lines;
  journal.replay([&](const io::JsonValue& line, std::int64_t number) {
    lines.push_back(line.raw());
    lines.back().erase("sum");
    CHECK(number == static_cast<std::int64_t>(lines.size()));
  });
  return lines;
}

const std::vector<json> expected = {{{"job", "x"}}, {{"b", "two\n"}}};
const std::string whole = journal_of({R"({"job":"x"})", R"({"b":"two\n"})"});

TEST_CASE("what was appended comes back, and what a crash cut off does not") {
  const test::TemporaryFolder folder;
  {
    Journal journal(folder / "j");
    CHECK(replayed(journal).empty());
    journal.begin("x");
    journal.append(expected[1]);
    journal.keep();
  }
  CHECK(read_bytes(folder / "j") == whole);
  const std::string next = journal_of({R"({"job":"x"})", R"({"b":"two\n"})", R"({"d":4})"});
  std::vector<std::string> torn = {"{", "{\"c\":3", "{\"c\":3}", "{\"c\":3}\n", std::string(40, '\0') + "\n"};
  for (std::size_t size = whole.size(); size < next.size(); ++size)
    torn.push_back(next.substr(whole.size(), size - whole.size()));
  for (const std::string& end : torn) {
    INFO(end);
    folder.write("j", whole + end);
    Journal journal(folder / "j");
    CHECK(replayed(journal) == expected);
    CHECK(read_bytes(folder / "j") == whole + end);
    journal.append({{"d", 4}});
    CHECK(read_bytes(folder / "j") == next);
  }
}

TEST_CASE("a first line that was cut off is no journal yet") {
  const test::TemporaryFolder folder;
  const std::string first = journal_of({R"({"job":"x"})"});
  for (std::size_t size = 0; size < first.size(); ++size) {
    folder.write("j", first.substr(0, size));
    Journal journal(folder / "j");
    CHECK(replayed(journal).empty());
    journal.begin("x");
    journal.keep();
    CHECK(read_bytes(folder / "j") == first);
  }
}

TEST_CASE("a journal that was created or begun goes again unless it is kept; another stays") {
  const test::TemporaryFolder folder;
  { const Journal journal(folder / "j"); }
  CHECK(folder.names().empty());
  { Journal(folder / "j").begin("x"); }
  CHECK(folder.names().empty());
  folder.write("j", whole);
  { const Journal journal(folder / "j"); }
  CHECK(read_bytes(folder / "j") == whole);
  { Journal(folder / "j").begin("x"); }
  CHECK(folder.names().empty());
  folder.write("j", whole);
  Journal(folder / "j").remove();
  CHECK(folder.names().empty());
}

TEST_CASE("each changed bit of a journal is found") {
  const test::TemporaryFolder folder;
  const std::string third = journal_of({R"({"job":"x"})", R"({"b":"two\n"})", R"({"d":4})"});
  for (std::size_t i = 0; i < third.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = third;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      folder.write("j", changed);
      Journal journal(folder / "j");
      // Without the last line, which may be the one before where its newline is changed; or an error.
      try {
        const std::vector<json> lines = replayed(journal);
        CHECK(lines == std::vector<json>(expected.begin(), expected.begin() + std::ssize(lines)));
        CHECK(i >= whole.size() - (lines.size() < 2 ? whole.size() / 2 : 0));
      } catch (const Error& error) {
        test::check_contains(error.what(), {(folder / "j").string()});
        CHECK(i < whole.size());
      }
      CHECK(read_bytes(folder / "j") == changed);
    }
  }
}

TEST_CASE("lines that are missing, doubled or in another order, and no objects") {
  const test::TemporaryFolder folder;
  const auto lines = test::lines_of(journal_of({R"({"job":1})", R"({"b":2})", R"({"c":3})", R"({"d":4})"}));
  const auto expect = [&](const std::string& bytes, const std::string& line) {
    const auto path = folder.write("j", bytes);
    Journal journal(path);
    test::expect_error(ErrorCode::file_format, {path.string() + line},
                       [&] { static_cast<void>(replayed(journal)); });
    CHECK(read_bytes(path) == bytes);
  };
  const auto joined = [&](std::initializer_list<std::size_t> order) {
    std::string text;
    for (const std::size_t i : order) text += lines[i] + "\n";
    return text;
  };
  expect(joined({0, 2, 3}), ":2: is damaged: its check sum");
  expect(joined({0, 1, 1, 2, 3}), ":3: is damaged");
  expect(joined({0, 2, 1, 3}), ":2: is damaged");
  expect(journal_of({R"({"job":1})", "{\"a\":1,\"a\":2}", R"({"d":4})"}), ":2: the line has two keys 'a'");
  expect(journal_of({R"({"job":1})", "[1 ", R"({"d":4})"}), ":2: ");
}

TEST_CASE("a journal without sums, and other files") {
  const test::TemporaryFolder folder;
  for (const std::string text : {"my own notes", "my own notes\n", "{\"a\":1}\n", "[1]\n", "{\"jo.", "\n"}) {
    INFO(text);
    const auto path = folder.write("j", text);
    Journal journal(path);
    test::expect_error(ErrorCode::file_format, {path.string() + ": is not the journal of a run"},
                       [&] { static_cast<void>(replayed(journal)); });
    CHECK(read_bytes(path) == text);
  }
  const auto path = folder.write("j", "{\"job\":{}}\n{\"texts\":1}\n");
  Journal journal(path);
  test::expect_error(ErrorCode::file_format,
                     {path.string() + ":1: has no check sum: damaged, or written by saccade before"},
                     [&] { static_cast<void>(replayed(journal)); });
}

TEST_CASE("one run at a time, and no links") {
  const test::TemporaryFolder folder;
  const Journal journal(folder / "j");
  test::expect_error(ErrorCode::file_not_usable, {"j", "in use"}, [&] { Journal second(folder / "j"); });
  folder.write("victim", "");
  std::filesystem::create_symlink("victim", folder / "link");
  test::expect_error(ErrorCode::file_not_usable, {"link", "is a symbolic link"},
                     [&] { Journal second(folder / "link"); });
}

}  // namespace
}  // namespace saccade
