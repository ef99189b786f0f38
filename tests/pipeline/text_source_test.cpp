#include "pipeline/embed/text_source.hpp"

#include "fixtures/expect_error.hpp"
#include "fixtures/journal_lines.hpp"
#include "fixtures/temporary_folder.hpp"

namespace {

using namespace saccade;
using namespace saccade::pipeline;
namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

struct Fixture {
  test::TemporaryFolder folder;
  std::vector<fs::path> inputs = {folder.write("a.txt", "zero\n\n  \ntwo"),
                                  folder.write("b.jsonl", "{}\n\n \t\r\n[4]\n"),
                                  folder.write("c.txt", "five\n")};
  static constexpr std::size_t longest = 100;

  static Texts read_all(TextSource& source, const WindowSize& size) {
    Texts texts;
    TextWindow window;
    while (source.read(size, window)) {
      CHECK(window.lines.size() <= size.lines);
      for (const TextLine& line : window.lines) {
        CHECK(line.number == source.next_number() - std::int64_t(&window.lines.back() - &line) - 1);
        texts.push_back(source.place(line).substr(source.place(line).rfind('/') + 1) + "=" +
                        std::string(line.text));
      }
    }
    return texts;
  }
};

const Texts all = {"a.txt:1=zero", "a.txt:2=",      "a.txt:3=  ",  "a.txt:4=two",
                   "b.jsonl:1={}", "b.jsonl:4=[4]", "c.txt:1=five"};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "windows of any size hold all texts, in order; blank JSON lines are none") {
  for (const WindowSize size :
       {WindowSize{1, 100}, WindowSize{1000, 1}, WindowSize{6, 3}, WindowSize{1000, 100}}) {
    TextSource source(inputs, {}, longest);
    CHECK(read_all(source, size) == all);
    CHECK(source.reader().bytes() == source.total_bytes());
  }
}

TEST_CASE_FIXTURE(Fixture, "parts: counted first, then passed by") {
  std::string bytes;
  for (const auto& input : inputs) bytes += test::read_bytes(input);
  const std::uint32_t all_crc = test::bitwise_crc32(bytes);
  for (std::int64_t first = 0; first <= 7; ++first) {
    for (std::int64_t last = first; last <= 7; ++last) {
      TextSource source(inputs, {}, longest);
      const pipeline::TextCount counted = source.count();
      CHECK(counted.texts == 7);
      CHECK(counted.bytes == source.total_bytes());
      CHECK(counted.crc == all_crc);
      source.limit(first, last);
      CHECK(read_all(source, {6, 2}) == Texts(all.begin() + first, all.begin() + last));
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "going on behind any window gives what was left") {
  for (int windows = 0; windows < 7; ++windows) {
    TextSource source(inputs, {}, longest);
    TextWindow window;
    for (int i = 0; i < windows; ++i) CHECK(source.read({1000, 1}, window));
    TextSource resumed(inputs, {}, longest);
    resumed.resume(source.reader().position(), source.next_number());
    CHECK(resumed.reader().crc() == source.reader().crc());
    CHECK(read_all(resumed, {1000, 100}) == Texts(all.begin() + windows, all.end()));
  }
}

TEST_CASE_FIXTURE(Fixture, "formats and files that cannot be") {
  const auto open = [&](const fs::path& path, std::optional<TextFormat> format = {}) {
    static_cast<void>(TextSource(std::vector{path}, format, longest));
  };
  test::expect_error(ErrorCode::invalid_argument, {"x.csv", "'.csv'", "expected .txt or .jsonl"},
                     [&] { open(folder.write("x.csv", "")); });
  open(folder / "x.csv", TextFormat::lines);
  test::expect_error(ErrorCode::file_not_usable, {"none.txt", "No such file"},
                     [&] { open(folder / "none.txt"); });
  test::expect_error(ErrorCode::file_not_usable, {"directory"}, [&] { open(folder.path()); });
  const TextSource stream(std::vector<fs::path>{"-", inputs[0]}, {}, longest);
  CHECK(!stream.can_read_again());
  CHECK(stream.total_bytes() == 0);
  CHECK(stream.format(0) == TextFormat::lines);
}
