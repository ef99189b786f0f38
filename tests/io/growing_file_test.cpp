#include "io/files/growing_file.hpp"

#include <doctest/doctest.h>

#include <string>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"

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
    GrowingFile file(folder / "out");
    append(file, "....");
    const std::string large(200'000, 'x');
    append(file, large);
    file.sync();
    CHECK(folder.names() == Names{"out", "out.partial"});
    CHECK(read_bytes(folder / "out.partial") == "...." + large);
    const std::string first = "1234";
    file.write_first(std::as_bytes(std::span(first)));
    append(file, "end");
    CHECK(file.size() == 200'007);
    file.finish();
    CHECK(read_bytes(folder / "out") == "before");
    file.commit();
    CHECK(read_bytes(folder / "out") == "1234" + large + "end");
  }
  CHECK(folder.names() == Names{"out"});
}

TEST_CASE("what is not complete goes, unless it is to be kept") {
  const test::TemporaryFolder folder;
  { append(*std::make_unique<GrowingFile>(folder / "out"), "gone"); }
  CHECK(folder.names().empty());
  {
    GrowingFile file(folder / "out");
    append(file, "kept, and not");
    file.sync();
    file.keep();
  }
  CHECK(read_bytes(folder / "out.partial") == "kept, and not");
  {
    GrowingFile file(folder / "out", 4);
    append(file, " here");
    file.finish();
    file.commit();
  }
  CHECK(read_bytes(folder / "out") == "kept here");
}

TEST_CASE("less than was to be kept, nothing, a folder") {
  const test::TemporaryFolder folder;
  folder.write("out.partial", "abc");
  test::expect_error(ErrorCode::file_format, {"out.partial", "3 bytes", "the 4"},
                     [&] { GrowingFile file(folder / "out", 4); });
  CHECK(read_bytes(folder / "out.partial") == "abc");
  test::expect_error(ErrorCode::file_not_usable, {"none.partial", "No such file"},
                     [&] { GrowingFile file(folder / "none", 4); });
  CHECK(folder.names() == Names{"out.partial"});
  test::expect_error(ErrorCode::file_not_usable, {folder.path().string(), "directory"},
                     [&] { GrowingFile file(folder.path()); });
}

TEST_CASE("a full disk, and a stream") {
  GrowingFile full("/dev/full");
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
