#include <doctest/doctest.h>

#include <sys/stat.h>

#include <limits>

#include "fixtures/expect_error.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/expect_bad_file.hpp"
#include "io/file_bytes.hpp"

namespace saccade {
namespace {

using test::expect_bad_file;
using test::expect_error;

void expect_not_usable(const std::filesystem::path& path, const std::string& reason) {
  expect_error(ErrorCode::file_not_usable, {path.string(), reason},
               [&] { static_cast<void>(TensorFile::open(path)); });
}

TEST_CASE("what cannot be opened") {
  const test::TemporaryFolder folder;
  expect_not_usable(folder / "missing.npz", "No such file or directory");
  expect_not_usable(folder.path(), "Is a directory");
  expect_not_usable("/dev/null", "expected a file on disk");
  const std::filesystem::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  expect_not_usable(pipe, "expected a file on disk");
}

TEST_CASE("files of no format") {
  expect_bad_file("", {"is empty"});
  expect_bad_file("?", {"neither .npy nor .npz nor .safetensors", "begins with 3f"});
  expect_bad_file("\x89PNG\r\n\x1a\n and so on", {"neither .npy nor .npz nor .safetensors", "89 50 4e 47"});
  expect_bad_file(std::string("\x02\0\0\0\0\0\0\0", 8), {"neither"});
}

TEST_CASE("reads outside a tensor") {
  const test::TemporaryFolder folder;
  const std::string bytes = test::npy_bytes(test::npy_text("<f4", "(3,)"), std::string(12, '\0'));
  const TensorFile file = TensorFile::open(folder.write("x.npy", bytes));
  const auto fails = [&](std::int64_t first, std::size_t count) {
    expect_error(ErrorCode::invalid_argument, {"x.npy", "'x'", std::to_string(first), "it has 3"},
                 [&] { test::read_tensor(file, "x", first, count); });
  };
  fails(0, 4);
  fails(3, 1);
  fails(-1, 1);
  fails(4, 0);
  fails(std::numeric_limits<std::int64_t>::max(), 2);
  fails(std::numeric_limits<std::int64_t>::min(), 2);
  CHECK(test::read_tensor(file, "x", 3, 0).empty());
  expect_error(ErrorCode::file_format, {"no tensor 'y'", "'x'"}, [&] { test::read_tensor(file, "y", 0, 0); });
}

TEST_CASE("bytes: booleans and u8 as they are stored, in each format") {
  const test::TemporaryFolder folder;
  const std::string data("\0\1\1\xff\0\7", 6);
  const std::vector<std::uint8_t> expected = {0, 1, 1, 255, 0, 7};
  const auto check = [&](const TensorFile& file) {
    std::vector<std::uint8_t> all(6), middle(3);
    file.read_bytes("x", 0, all);
    CHECK(all == expected);
    file.read_bytes("x", 1, middle);
    CHECK(middle == std::vector<std::uint8_t>{1, 1, 255});
    file.read_bytes("x", 6, {});
    expect_error(ErrorCode::invalid_argument, {"'x'", "3 elements from 4", "it has 6"},
                 [&] { file.read_bytes("x", 4, middle); });
    expect_error(ErrorCode::file_format, {"no tensor 'y'"}, [&] { file.read_bytes("y", 0, all); });
  };
  for (const std::string type : {"|b1", "|u1"}) {
    const std::string npy = test::npy_bytes(test::npy_text(type, "(2, 3)"), data);
    check(TensorFile::open(folder.write("x.npy", npy)));
    check(TensorFile::open(folder.write("s.npz", test::zip_bytes({test::stored("x.npy", npy)}))));
    check(TensorFile::open(folder.write("d.npz", test::zip_bytes({test::deflated("x.npy", npy)}))));
  }
  for (const std::string type : {"BOOL", "U8"})
    check(TensorFile::open(
        folder.write("x.safetensors",
                     test::safetensors_bytes(
                         R"({"x":{"dtype":")" + type + R"(","shape":[2,3],"data_offsets":[0,6]}})", data))));
  const TensorFile i8 =
      TensorFile::open(folder.write("x.npy", test::npy_bytes(test::npy_text("|i1", "(6,)"), data)));
  std::vector<std::uint8_t> one(1);
  expect_error(ErrorCode::file_format, {"x.npy", "'x'", "has type i8; expected bool or u8"},
               [&] { i8.read_bytes("x", 0, one); });
}

TEST_CASE("a file that shrinks after it was opened") {
  const test::TemporaryFolder folder;
  const std::string bytes = test::npy_bytes(test::npy_text("<f4", "(3,)"), std::string(12, '\0'));
  const TensorFile file = TensorFile::open(folder.write("x.npy", bytes));
  std::filesystem::resize_file(file.path(), bytes.size() - 4);
  expect_error(ErrorCode::file_format, {"x.npy", "ends at byte " + std::to_string(bytes.size() - 4)},
               [&] { test::read_tensor(file, "x"); });
}

TEST_CASE("an open file can be moved") {
  const test::TemporaryFolder folder;
  const std::string bytes = test::npy_bytes(test::npy_text("<f4", "(1,)"), std::string(4, '\0'));
  TensorFile first = TensorFile::open(folder.write("x.npy", bytes));
  const TensorFile second = std::move(first);
  CHECK(second.path() == folder / "x.npy");
  CHECK(test::read_tensor(second, "x") == std::vector<float>{0});
}

TEST_CASE("tensors that cannot be have -1 elements") {
  CHECK(TensorInfo{"x", StorageType::f32, {2, 3}}.elements() == 6);
  CHECK(TensorInfo{"x", StorageType::f32, {}}.elements() == 1);
  CHECK(TensorInfo{"x", StorageType::f32, {5, 0}}.elements() == 0);
  CHECK(TensorInfo{"x", StorageType::f32, {-1, 2}}.elements() == -1);
  CHECK(TensorInfo{"x", StorageType::u8, {std::int64_t{1} << 40, std::int64_t{1} << 40}}.elements() == -1);
}

}  // namespace
}  // namespace saccade
