#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>
#include <numeric>
#include <thread>

#include "fixtures/expect_error.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/file_bytes.hpp"

namespace saccade {
namespace {

using test::expect_error;
using test::read_bytes;
using test::read_tensor;

const std::vector<std::string> extensions = {".npy", ".npz", ".safetensors"};

TensorInfo floats(const std::string& name, std::vector<std::int64_t> shape) {
  return {name, StorageType::f32, std::move(shape)};
}

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.25F);
  return values;
}

/// Writes one tensor "x" in pieces.
void write_x(const std::filesystem::path& path, const std::vector<float>& values, std::size_t piece) {
  TensorFileWriter writer(path, {floats("x", {static_cast<std::int64_t>(values.size())})});
  for (std::span<const float> rest = values; !rest.empty();
       rest = rest.subspan(std::min(piece, rest.size()))) {
    writer.append("x", rest.first(std::min(piece, rest.size())));
  }
  writer.commit();
}

TEST_CASE("what is written is read again, in every format and any pieces") {
  for (const std::string& extension : extensions) {
    for (const std::size_t count : {0u, 1u, 7u, 50000u}) {
      for (const std::size_t piece : {1u, 1000u, 20000u, 50000u}) {
        const test::TemporaryFolder folder;
        const std::vector<float> values = ramp(count);
        write_x(folder / ("x" + extension), values, piece);
        const TensorFile file = TensorFile::open(folder / ("x" + extension));
        CHECK(file.at("x").shape == std::vector<std::int64_t>{static_cast<std::int64_t>(count)});
        CHECK(read_tensor(file, "x") == values);
        CHECK(folder.names().size() == 1);
      }
    }
  }
}

TEST_CASE("shapes and integer types, in every format") {
  const std::vector<std::int64_t> integers = {0, -3, 2147483647, -2147483648};
  for (const std::string& extension : extensions) {
    for (const StorageType type : {StorageType::i32, StorageType::i64}) {
      const test::TemporaryFolder folder;
      TensorFileWriter writer(folder / ("x" + extension), {{"x", type, {2, 1, 2}}});
      writer.append("x", std::span(integers).first(1));
      writer.append("x", std::span(integers).subspan(1));
      writer.commit();
      const TensorFile file = TensorFile::open(folder / ("x" + extension));
      CHECK(file.at("x").type == type);
      CHECK(file.at("x").shape == std::vector<std::int64_t>{2, 1, 2});
      CHECK(file.read_integers("x") == integers);
    }
    const test::TemporaryFolder folder;
    TensorFileWriter scalar(folder / ("x" + extension), {floats("x", {})});
    scalar.append("x", ramp(1));
    scalar.commit();
    CHECK(TensorFile::open(folder / ("x" + extension)).at("x").shape.empty());
  }
}

TEST_CASE("npy: the bytes that numpy writes") {
  const test::TemporaryFolder folder;
  TensorFileWriter writer(folder / "x.npy", {floats("any", {2, 3})});
  writer.append("any", ramp(6));
  writer.commit();
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  header.resize(117, ' ');
  CHECK(read_bytes(folder / "x.npy") == test::npy_bytes(header + "\n", test::bytes_of(ramp(6))));
}

TEST_CASE("npy: a header too long for version 1.0") {
  const test::TemporaryFolder folder;
  const std::vector<std::int64_t> shape(30000, 1);
  TensorFileWriter writer(folder / "x.npy", {floats("x", shape)});
  writer.append("x", ramp(1));
  writer.commit();
  CHECK(read_bytes(folder / "x.npy")[6] == 2);
  CHECK(TensorFile::open(folder / "x.npy").at("x").shape == shape);
}

TEST_CASE("npz: the bytes of stored entries dated 1980") {
  const test::TemporaryFolder folder;
  write_x(folder / "x.npz", ramp(3), 1);
  const std::string npy = [&] {
    write_x(folder / "x.npy", ramp(3), 3);
    return read_bytes(folder / "x.npy");
  }();
  const std::string expected = test::zip_bytes({test::stored("x.npy", npy)});
  std::string found = read_bytes(folder / "x.npz");
  REQUIRE(found.size() == expected.size());
  // They differ in "version made by" and in the flag for UTF-8 names, in both headers.
  const std::size_t directory = found.find("PK\x01\x02");
  for (const std::size_t at : {std::size_t{6}, std::size_t{7}, directory + 4, directory + 8, directory + 9}) {
    found[at] = expected[at];
  }
  CHECK(found == expected);
}

TEST_CASE("safetensors: tensors are aligned to their elements") {
  const test::TemporaryFolder folder;
  TensorFileWriter writer(folder / "x.safetensors", {floats("f", {3}), {"n", StorageType::i64, {2}}});
  writer.append("f", ramp(3));
  writer.append("n", std::vector<std::int64_t>{1, 2});
  writer.commit();
  const std::string bytes = read_bytes(folder / "x.safetensors");
  CHECK(
      bytes.substr(8, bytes.find("  ") - 8) ==
      R"({"n":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"f":{"dtype":"F32","shape":[3],"data_offsets":[16,28]}})");
  CHECK((bytes.size() - 28) % 8 == 0);
}

TEST_CASE("tensors in any interleaving give the same bytes") {
  const std::vector<TensorInfo> tensors = {floats("z", {100, 50}),
                                           floats("none", {0, 3}),
                                           floats("context", {100, 90}),
                                           {"offsets", StorageType::i64, {3}}};
  const std::vector<std::int64_t> offsets = {0, 60, 100};
  const std::vector<float> z = ramp(5000);
  const std::vector<float> context = ramp(9000);
  for (const std::string extension : {".npz", ".safetensors"}) {
    const test::TemporaryFolder folder;
    TensorFileWriter in_order(folder / ("a" + extension), tensors);
    in_order.append("z", z);
    in_order.append("context", context);
    in_order.append("offsets", offsets);
    in_order.commit();
    TensorFileWriter in_turns(folder / ("b" + extension), tensors);
    in_turns.append("offsets", offsets);
    for (std::size_t row = 0; row < 100; ++row) {
      in_turns.append("context", std::span(context).subspan(row * 90, 90));
      in_turns.append("z", std::span(z).subspan(row * 50, 50));
    }
    in_turns.commit();
    CHECK(folder.names().size() == 2);
    CHECK(read_bytes(folder / ("a" + extension)) == read_bytes(folder / ("b" + extension)));
    const TensorFile file = TensorFile::open(folder / ("b" + extension));
    CHECK(read_tensor(file, "z") == z);
    CHECK(read_tensor(file, "none").empty());
    CHECK(read_tensor(file, "context") == context);
    CHECK(file.read_integers("offsets") == offsets);
  }
}

TEST_CASE("names in other scripts and with quotes") {
  const std::string name = "gewicht \"ä\"/本\\.npy";
  for (const std::string extension : {".npz", ".safetensors"}) {
    const test::TemporaryFolder folder;
    TensorFileWriter writer(folder / ("x" + extension), {floats(name, {1})});
    writer.append(name, ramp(1));
    writer.commit();
    CHECK(TensorFile::open(folder / ("x" + extension)).tensors()[0].name == name);
  }
}

TEST_CASE("nothing appears before commit, and nothing stays without it") {
  for (const std::string& extension : extensions) {
    const test::TemporaryFolder folder;
    const std::filesystem::path path = folder / ("x" + extension);
    {
      TensorFileWriter writer(path, {floats("x", {100000})});
      writer.append("x", ramp(99999));
      CHECK_FALSE(std::filesystem::exists(path));
      expect_error(ErrorCode::invalid_argument, {path.string(), "'x'", "only 99999 of 100000"},
                   [&] { writer.commit(); });
    }
    CHECK(folder.names().size() == 0);
    folder.write("x" + extension, "as it was");
    CHECK_THROWS([&] {
      TensorFileWriter writer(path, {floats("x", {100000})});
      writer.append("x", ramp(99999));
      throw 1;
    }());
    CHECK(folder.names().size() == 1);
    CHECK(read_bytes(path) == "as it was");
    write_x(path, ramp(3), 3);
    CHECK(read_tensor(TensorFile::open(path), "x") == ramp(3));
    CHECK(folder.names().size() == 1);
  }
}

TEST_CASE("npz: what waits for its turn is gone without commit, too") {
  const test::TemporaryFolder folder;
  {
    TensorFileWriter writer(folder / "x.npz", {floats("a", {2}), floats("b", {100000})});
    writer.append("b", ramp(100000));
    writer.append("a", ramp(1));
  }
  CHECK(folder.names().size() == 0);
}

TEST_CASE("a writer can be moved, and after commit takes nothing") {
  const test::TemporaryFolder folder;
  TensorFileWriter first(folder / "x.npz", {floats("x", {2})});
  first.append("x", ramp(1));
  TensorFileWriter second = std::move(first);
  second.append("x", ramp(1));
  second.commit();
  expect_error(ErrorCode::invalid_argument, {"x.npz", "committed"}, [&] { second.commit(); });
  expect_error(ErrorCode::invalid_argument, {"x.npz", "committed"}, [&] { second.append("x", ramp(0)); });
}

TEST_CASE("finish() does all but the name") {
  for (const std::string& extension : extensions) {
    const test::TemporaryFolder folder;
    const std::filesystem::path path = folder / ("x" + extension);
    folder.write("x" + extension, "as it was");
    {
      TensorFileWriter writer(path, {floats("x", {2})});
      writer.append("x", ramp(1));
      expect_error(ErrorCode::invalid_argument, {path.string(), "only 1 of 2"}, [&] { writer.finish(); });
      writer.append("x", ramp(1));
      writer.finish();
      expect_error(ErrorCode::invalid_argument, {path.string(), "finished"}, [&] { writer.finish(); });
      expect_error(ErrorCode::invalid_argument, {path.string(), "finished"},
                   [&] { writer.append("x", ramp(0)); });
    }
    CHECK(folder.names() == std::vector<std::string>{"x" + extension});
    CHECK(read_bytes(path) == "as it was");
    TensorFileWriter writer(path, {floats("x", {2})});
    writer.append("x", ramp(2));
    writer.finish();
    CHECK(read_bytes(path) == "as it was");
    writer.commit();
    CHECK(read_tensor(TensorFile::open(path), "x") == ramp(2));
  }
}

TEST_CASE("what could not be finished cannot be committed later") {
  const test::TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/full", folder / "full.npy");
  TensorFileWriter writer(folder / "full.npy", {floats("x", {3})});
  writer.append("x", ramp(3));
  expect_error(ErrorCode::file_not_usable, {"full.npy", "No space"}, [&] { writer.finish(); });
  expect_error(ErrorCode::invalid_argument, {"full.npy", "not be finished"}, [&] { writer.commit(); });
}

TEST_CASE("a symbolic link stays a link") {
  const test::TemporaryFolder folder;
  const test::TemporaryFolder elsewhere;
  elsewhere.write("real.npy", "old");
  std::filesystem::create_symlink(elsewhere / "real.npy", folder / "link.npy");
  write_x(folder / "link.npy", ramp(3), 3);
  CHECK(std::filesystem::is_symlink(folder / "link.npy"));
  CHECK(read_tensor(TensorFile::open(elsewhere / "real.npy"), "x") == ramp(3));
}

TEST_CASE("declarations that are refused leave nothing behind") {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::string& name, std::vector<TensorInfo> tensors,
                           const std::string& part) {
    expect_error(ErrorCode::invalid_argument, {name, part},
                 [&] { TensorFileWriter(folder / name, tensors); });
  };
  refused("x.txt", {floats("x", {1})}, "'.txt'; expected .npy, .npz or .safetensors");
  refused("x", {floats("x", {1})}, "''; expected");
  refused("x.npy", {}, "one tensor, not 0");
  refused("x.npy", {floats("x", {1}), floats("y", {1})}, "one tensor, not 2");
  refused("x.npz", {floats("x", {1}), floats("x", {2})}, "'x': is declared twice");
  refused("x.npz", {floats("", {1})}, "name");
  refused("x.npz", {floats(std::string("a\0b", 3), {1})}, "name");
  refused("x.npz", {floats(std::string(70000, 'a'), {1})}, "70000");
  refused("x.npz", {floats("x", {2, -1})}, "[2, -1]");
  refused("x.npz", {floats("x", {std::int64_t{1} << 61})}, "2^63");
  refused("x.npz", {floats("x", {std::int64_t{1} << 60}), floats("y", {std::int64_t{1} << 60})}, "2^63");
  refused("x.npz", {{"x", StorageType::f16, {1}}}, "type f16 cannot be written");
  refused("x.safetensors", {floats("__metadata__", {1})}, "another meaning");
  refused("x.safetensors", {floats("\xff", {1})}, "UTF-8");
  CHECK(folder.names().size() == 0);
}

TEST_CASE("values that are refused") {
  const test::TemporaryFolder folder;
  TensorFileWriter writer(folder / "x.npz", {floats("f", {2}), {"i", StorageType::i32, {2}}});
  expect_error(ErrorCode::invalid_argument, {"x.npz", "'g'", "not declared"},
               [&] { writer.append("g", ramp(1)); });
  expect_error(ErrorCode::invalid_argument, {"'f'", "has 2 elements", "3 more"},
               [&] { writer.append("f", ramp(3)); });
  expect_error(ErrorCode::invalid_argument, {"'i'", "declared i32"}, [&] { writer.append("i", ramp(1)); });
  const std::vector<std::int64_t> large = {1, std::int64_t{1} << 31};
  expect_error(ErrorCode::invalid_argument, {"'i'", "2147483648 does not fit"},
               [&] { writer.append("i", large); });
  expect_error(ErrorCode::invalid_argument, {"'f'", "declared f32"}, [&] { writer.append("f", large); });
  writer.append("f", ramp(2));
  writer.append("i", std::vector<std::int64_t>{1, 2});
  writer.commit();
  CHECK(TensorFile::open(folder / "x.npz").read_integers("i") == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("folders that cannot be written to") {
  const test::TemporaryFolder folder;
  const auto fails = [&](const std::filesystem::path& path, const std::string& reason) {
    expect_error(ErrorCode::file_not_usable, {path.string(), reason}, [&] { write_x(path, ramp(3), 3); });
  };
  fails(folder / "missing/x.npz", "No such file or directory");
  std::filesystem::create_directory(folder / "folder.npz");
  fails(folder / "folder.npz", "Is a directory");
  folder.write("file", "?");
  fails(folder / "file/x.npz", "Not a directory");
}

TEST_CASE("a full disk") {
  const test::TemporaryFolder folder;
  for (const std::string& extension : extensions) {
    const std::filesystem::path path = folder / ("full" + extension);
    std::filesystem::create_symlink("/dev/full", path);
    for (const std::size_t count : {3u, 100000u}) {
      expect_error(ErrorCode::file_not_usable, {path.string(), "No space left on device"},
                   [&] { write_x(path, ramp(count), 1000); });
    }
  }
  expect_error(ErrorCode::file_not_usable, {"/dev/full", "No space left on device"},
               [] { write_x("/dev/full", ramp(3), 3); });
  CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("devices and pipes") {
  write_x("/dev/null", ramp(100000), 1000);
  const test::TemporaryFolder folder;
  for (const std::string extension : {".npy", ".npz", ".safetensors", ""}) {
    const std::filesystem::path pipe = folder / ("pipe" + extension);
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::string found;
    std::thread reader([&] { found = read_bytes(pipe); });
    write_x(pipe, ramp(50000), 1000);
    reader.join();
    const std::string name = "file" + (extension.empty() ? ".npz" : extension);
    write_x(folder / name, ramp(50000), 50000);
    CHECK(found == read_bytes(folder / name));
  }
}

}  // namespace
}  // namespace saccade
