#include "io/files/output_path.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/files/growing_file.hpp"
#include "saccade/tensor_file.hpp"
#include "saccade/write_file.hpp"

namespace saccade {
namespace {

namespace fs = std::filesystem;
using test::read_bytes;
using Names = std::vector<std::string>;

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

void grow(const fs::path& path) {
  io::GrowingFile file(path);
  file.start_over();
  file.append(std::as_bytes(std::span("grown", 5)));
  file.finish();
  file.commit();
}

TEST_CASE("links are followed, also to files that do not exist yet") {
  const test::TemporaryFolder folder;
  fs::create_directory(folder / "far");
  fs::create_symlink("far/new", folder / "one");
  fs::create_symlink("one", folder / "two");
  fs::create_symlink(folder / "far", folder / "near");
  const fs::path place = fs::canonical(folder / "far") / "new";
  for (const std::string name : {"one", "two", "near/new", "far/../near/new"}) {
    CHECK(io::without_links(folder / name) == place);
    CHECK(io::same_file(folder / name, folder / "far/new"));
  }
  CHECK(!io::same_file(folder / "one", folder / "far/old"));
  write_file(folder / "two", "written");
  CHECK(read_bytes(place) == "written");
  fs::remove(place);
  grow(folder / "two");
  CHECK(read_bytes(place) == "grown");
  CHECK(fs::is_symlink(folder / "one"));
  CHECK(fs::is_symlink(folder / "two"));
  CHECK(folder.names() == Names{"far", "near", "one", "two"});
}

TEST_CASE("links in a circle, and to folders that are missing") {
  const test::TemporaryFolder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  fs::create_symlink("missing/x", folder / "c");
  for (const std::string name : {"a", "c"}) {
    test::expect_error(ErrorCode::file_not_usable, {name}, [&] { write_file(folder / name, "x"); });
    test::expect_error(ErrorCode::file_not_usable, {name == "a" ? "a" : "missing/x.partial"},
                       [&] { grow(folder / name); });
  }
  CHECK(folder.names() == Names{"a", "b", "c"});
}

TEST_CASE("an output has the mode of the file that it replaces, and a new one that of the umask") {
  const test::TemporaryFolder folder;
  const mode_t before = ::umask(022);
  for (const unsigned mode : {0600U, 0640U, 0444U, 0666U, 0755U}) {
    CAPTURE(mode);
    const fs::path path = folder.write("out", "before");
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    grow(path);
    CHECK(mode_of(path) == mode);
    write_file(path, "written");
    CHECK(read_bytes(path) == "written");
    CHECK(mode_of(path) == mode);
    fs::remove(path);
  }
  write_file(folder / "new", "");
  grow(folder / "grown");
  ::umask(before);
  CHECK(mode_of(folder / "new") == 0644);
  CHECK(mode_of(folder / "grown") == 0644);
}

TEST_CASE("what a file hides, the output beside it does not show before it is complete") {
  const test::TemporaryFolder folder;
  const fs::path path = folder.write("out", "secret");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  const io::GrowingFile file(path);
  CHECK(mode_of(folder / "out.partial") == 0600);
}

TEST_CASE("the standard output by its names, whatever is behind it") {
  const test::TemporaryFolder folder;
  fs::create_symlink("/dev/stdout", folder / "link");
  for (const fs::path& path : {fs::path("-"), fs::path("/dev/stdout"), fs::path("/dev/fd/1"),
                               fs::path("/proc/self/fd/1"), folder / "link"}) {
    CHECK(io::is_standard_output(path));
    CHECK(io::is_stream(path));
  }
  for (const fs::path& path : {fs::path("/dev/null"), fs::path("stdout"), fs::path("/dev/fd/2")})
    CHECK(!io::is_standard_output(path));
}

TEST_CASE("write_file: nothing is left of what cannot be written") {
  const test::TemporaryFolder folder;
  test::expect_error(ErrorCode::file_not_usable, {folder.path().string(), "directory"},
                     [&] { write_file(folder.path(), "x"); });
  test::expect_error(ErrorCode::file_not_usable, {"/dev/full", "No space"},
                     [&] { write_file("/dev/full", "x"); });
  fs::create_directory(folder / "folder");
  write_file(folder / "out", std::string(300'000, 'y'));
  CHECK(read_bytes(folder / "out") == std::string(300'000, 'y'));
  CHECK(folder.names() == Names{"folder", "out"});
}

}  // namespace
}  // namespace saccade
