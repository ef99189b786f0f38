#include "io/files/growing_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/file_bytes.hpp"

namespace saccade {
namespace {

using io::GrowingFile;
using test::read_bytes;
using Names = std::vector<std::string>;

void append(GrowingFile& file, const std::string& text) {
  file.append(std::as_bytes(std::span(text)));
}

TEST_CASE("a file grows beside its name, gets its first bytes last, and then its name") {
  const test::TemporaryFolder folder;
  folder.write("out", "before");
  {
    GrowingFile file(folder / "out", 4);
    CHECK(file.found() == 0);
    file.start_over();
    const std::string large(200'000, 'x');
    append(file, large);
    file.sync();
    CHECK(folder.names() == Names{"out", "out.partial"});
    CHECK(read_bytes(folder / "out.partial") == std::string(4, '\0') + large);
    const std::string first = "1234";
    file.write_first(std::as_bytes(std::span(first)));
    append(file, "end");
    CHECK(file.size() == 200'007);
    CHECK(file.crc() == test::crc32_of(large + "end"));
    file.finish();
    CHECK(read_bytes(folder / "out") == "before");
    file.commit();
    CHECK(read_bytes(folder / "out") == "1234" + large + "end");
  }
  CHECK(folder.names() == Names{"out"});
}

TEST_CASE("what is not complete goes, unless it is to be kept") {
  const test::TemporaryFolder folder;
  {
    GrowingFile file(folder / "out");
    file.start_over();
    append(file, "gone");
  }
  CHECK(folder.names().empty());
  {
    GrowingFile file(folder / "out", 2);
    file.start_over();
    append(file, "kept, and not");
    file.sync();
    file.keep();
  }
  CHECK(read_bytes(folder / "out.partial") == std::string(2, '\0') + "kept, and not");
  {
    GrowingFile file(folder / "out", 2);
    CHECK(file.found() == 15);
    file.resume(6, test::crc32_of("kept"));
    append(file, " here");
    CHECK(file.crc() == test::crc32_of("kept here"));
    file.finish();
    file.commit();
  }
  CHECK(read_bytes(folder / "out") == std::string(2, '\0') + "kept here");
}

TEST_CASE("a file that is there is changed by start_over() and resume() only") {
  const test::TemporaryFolder folder;
  folder.write("out.partial", "abc");
  { const GrowingFile file(folder / "out"); }
  CHECK(read_bytes(folder / "out.partial") == "abc");
  test::expect_error(ErrorCode::file_format, {"out.partial", "3 bytes", "the 4"},
                     [&] { GrowingFile(folder / "out").resume(4, 0); });
  test::expect_error(ErrorCode::file_format, {"out.partial", "was changed", "CRC-32"},
                     [&] { GrowingFile(folder / "out").resume(2, test::crc32_of("ax")); });
  CHECK(read_bytes(folder / "out.partial") == "abc");
  test::expect_error(ErrorCode::file_format, {"none.partial", "0 bytes", "the 4"},
                     [&] { GrowingFile(folder / "none").resume(4, 0); });
  CHECK(folder.names() == Names{"out.partial"});
  GrowingFile(folder / "out").start_over();
  CHECK(folder.names().empty());
}

TEST_CASE("one writer at a time, no links, no devices, no folder") {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::filesystem::path& target, const std::string& what) {
    test::expect_error(ErrorCode::file_not_usable, {target.filename().string(), what},
                       [&] { const GrowingFile file(target); });
  };
  {
    GrowingFile file(folder / "out");
    file.start_over();
    refused(folder / "out", "out.partial: is in use by another run");
    append(file, "whole");
    file.finish();
    refused(folder / "out", "in use");  // complete, without its name
    file.commit();
    GrowingFile next(folder / "out");  // of which the first is no writer any more
    next.start_over();
  }
  CHECK(read_bytes(folder / "out") == "whole");
  folder.write("victim", "victim");
  std::filesystem::create_symlink("victim", folder / "a.partial");
  refused(folder / "a", "a.partial: is a symbolic link");
  std::filesystem::create_symlink("missing", folder / "b.partial");
  refused(folder / "b", "b.partial: is a symbolic link");
  REQUIRE(::mkfifo((folder / "c.partial").c_str(), 0600) == 0);
  refused(folder / "c", "c.partial: is not a regular file");
  std::filesystem::create_directory(folder / "d.partial");
  refused(folder / "d", "d.partial: is not a regular file");
  refused(folder.path(), "directory");
  CHECK(read_bytes(folder / "victim") == "victim");
  CHECK(folder.names() == Names{"a.partial", "b.partial", "c.partial", "d.partial", "out", "victim"});
}

TEST_CASE("a full disk, and a stream") {
  GrowingFile full("/dev/full");
  full.start_over();
  test::expect_error(ErrorCode::file_not_usable, {"/dev/full", "No space"}, [&] {
    append(full, "x");
    full.sync();
  });
  CHECK(io::is_stream("/dev/null"));
  CHECK(io::is_stream("-"));
  CHECK(!io::is_stream("missing"));
}

}  // namespace
}  // namespace saccade
