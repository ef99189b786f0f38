// remove_unfinished_files(), as the handler of a signal calls it.

#include "saccade/unfinished_files.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "fixtures/temporary_folder.hpp"
#include "io/files/growing_file.hpp"
#include "io/files/output_file.hpp"
#include "io/files/unfinished_file.hpp"
#include "io/json/journal.hpp"

namespace saccade {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("a signal's handler removes the files of outputs that are not complete") {
  const test::TemporaryFolder folder;
  folder.write("a", "before");
  io::OutputFile a(folder / "a"), b(folder / "b");
  io::GrowingFile c(folder / "c");
  io::Journal journal(folder / "d");
  CHECK(folder.names().size() == 5);
  remove_unfinished_files();
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("complete files, and those to be resumed, are not removed") {
  const test::TemporaryFolder folder;
  io::OutputFile a(folder / "a");
  a.finish();
  a.commit();
  io::GrowingFile b(folder / "b"), c(folder / "c");
  b.keep();
  c.finish();
  c.commit();
  io::Journal journal(folder / "d");
  journal.keep();
  remove_unfinished_files();
  CHECK(folder.names() == Names{"a", "b.partial", "c", "d"});
}

TEST_CASE("paths are registered again and again") {
  const test::TemporaryFolder folder;
  std::vector<std::optional<io::UnfinishedFile>> registered(100);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < registered.size(); ++i) {
      const std::string name = std::to_string(i);
      folder.write(name, "");
      registered[i].emplace(folder / name);
    }
    for (std::size_t i = 0; i < registered.size(); i += 2) registered[i].reset();
  }
  remove_unfinished_files();
  CHECK(folder.names().size() == 50);
}

TEST_CASE("the owner of a removed file does not unregister another's") {
  const test::TemporaryFolder folder;
  folder.write("a", "");
  folder.write("b", "");
  std::optional<io::UnfinishedFile> a(folder / "a");
  remove_unfinished_files();
  const io::UnfinishedFile b(folder / "b");
  a.reset();
  remove_unfinished_files();
  CHECK(folder.names() == Names{});
}

}  // namespace
}  // namespace saccade
