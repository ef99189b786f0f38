#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/expect_bad_file.hpp"
#include "io/file_bytes.hpp"

namespace saccade {
namespace {

using test::bytes_of;
using test::deflated;
using test::expect_bad_file;
using test::expect_error;
using test::expect_unreadable;
using test::npy_bytes;
using test::npy_text;
using test::read_tensor;
using test::stored;
using test::zip_bytes;
using test::ZipEntryBytes;

/// Longer than any buffer of the reader.
std::vector<float> many() {
  std::vector<float> values(60000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * 0.37F;
  return values;
}

std::string npy_of(const std::vector<float>& values) {
  return npy_bytes(npy_text("<f4", "(" + std::to_string(values.size()) + ",)"), bytes_of(values));
}

TensorFile open(const test::TemporaryFolder& folder, const std::vector<ZipEntryBytes>& entries) {
  return TensorFile::open(folder.write("in.npz", zip_bytes(entries)));
}

std::vector<float> part(const std::vector<float>& values, std::size_t first, std::size_t count) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

TEST_CASE("npz: stored and deflated entries, in the archive's order") {
  const test::TemporaryFolder folder;
  const std::vector<std::int64_t> offsets = {0, 2, 6};
  const TensorFile file =
      open(folder, {stored("z.npy", npy_of({1, 2, 3})), deflated("x.npy", npy_of(many())),
                    deflated("offsets.npy", npy_bytes(npy_text("<i8", "(3,)"), bytes_of(offsets)))});
  REQUIRE(file.tensors().size() == 3);
  CHECK(file.tensors()[0].name == "z");
  CHECK(file.tensors()[1].name == "x");
  CHECK(file.find("x") == &file.tensors()[1]);
  CHECK(file.find("x.npy") == nullptr);
  CHECK(read_tensor(file, "z") == std::vector<float>{1, 2, 3});
  CHECK(read_tensor(file, "x") == many());
  CHECK(file.read_integers("offsets") == offsets);
  expect_error(ErrorCode::file_format, {"in.npz", "no tensor 'y'", "'z', 'x', 'offsets'"},
               [&] { static_cast<void>(file.at("y")); });
}

TEST_CASE("npz: an entry can be read in any pieces, forward and back") {
  const std::vector<float> values = many();
  const test::TemporaryFolder folder;
  for (const ZipEntryBytes& entry : {stored("x.npy", npy_of(values)), deflated("x.npy", npy_of(values))}) {
    const TensorFile file = open(folder, {entry});
    for (const std::size_t first : {59000u, 0u, 7u, 30000u, 29999u, 59999u, 100u, 40000u}) {
      const std::size_t count = std::min<std::size_t>(1000, values.size() - first);
      CHECK(read_tensor(file, "x", static_cast<std::int64_t>(first), count) == part(values, first, count));
    }
    CHECK(read_tensor(file, "x", 60000, 0).empty());
    CHECK(read_tensor(file, "x") == values);
    CHECK(read_tensor(file, "x") == values);
  }
}

TEST_CASE("npz: two deflated entries in turns") {
  const std::vector<float> values = many();
  const test::TemporaryFolder folder;
  const TensorFile file =
      open(folder, {deflated("a.npy", npy_of(values)), deflated("b.npy", npy_of(values))});
  for (std::size_t first = 0; first < values.size(); first += 6000) {
    CHECK(read_tensor(file, "a", static_cast<std::int64_t>(first), 6000) == part(values, first, 6000));
    CHECK(read_tensor(file, "b", static_cast<std::int64_t>(first), 6000) == part(values, first, 6000));
  }
}

TEST_CASE("npz: no entries") {
  const test::TemporaryFolder folder;
  const TensorFile file = open(folder, {});
  CHECK(file.tensors().empty());
  expect_error(ErrorCode::file_format, {"no tensor 'x'", "no tensors"},
               [&] { static_cast<void>(file.at("x")); });
}

TEST_CASE("npz: wrong checksums are found when an entry has been read") {
  const std::vector<float> values = many();
  for (ZipEntryBytes entry : {stored("x.npy", npy_of(values)), deflated("x.npy", npy_of(values))}) {
    entry.crc ^= 1;
    const test::TemporaryFolder folder;
    const TensorFile file = open(folder, {entry});
    expect_error(ErrorCode::file_format, {"in.npz", "'x'", "CRC", std::to_string(entry.crc)},
                 [&] { read_tensor(file, "x"); });
    CHECK(read_tensor(file, "x", 0, 30000) == part(values, 0, 30000));
    expect_error(ErrorCode::file_format, {"CRC"}, [&] { read_tensor(file, "x", 30000, 30000); });
  }
}

TEST_CASE("npz: changed bytes of an entry are found") {
  const std::vector<float> values = many();
  for (ZipEntryBytes entry : {stored("x.npy", npy_of(values)), deflated("x.npy", npy_of(values))}) {
    entry.content[entry.content.size() / 2] ^= 0x10;
    const test::TemporaryFolder folder;
    const TensorFile file = open(folder, {entry});
    expect_error(ErrorCode::file_format, {"in.npz", "'x'", "corrupt"}, [&] { read_tensor(file, "x"); });
  }
}

TEST_CASE("npz: deflated bytes that end too early") {
  ZipEntryBytes entry = deflated("x.npy", npy_of(many()));
  entry.content.resize(entry.content.size() / 2);
  const test::TemporaryFolder folder;
  const TensorFile file = open(folder, {entry});
  expect_error(ErrorCode::file_format, {"in.npz", "'x'", "end too early", std::to_string(entry.size)},
               [&] { read_tensor(file, "x"); });
}

TEST_CASE("npz: entries that nobody asks for stop nothing, and cannot be mistaken for missing ones") {
  const std::string npy = npy_of({1, 2, 3});
  ZipEntryBytes encrypted = stored("secret.npy", npy);
  encrypted.flags = 1;
  ZipEntryBytes packed = stored("packed.npy", npy);
  packed.method = 14;
  packed.size += 100;
  const test::TemporaryFolder folder;
  const TensorFile file =
      open(folder, {stored("names.npy", npy_bytes(npy_text("<U2", "(1,)"), std::string(8, 'a'))), encrypted,
                    stored("README.txt", "About x."), stored("folder/", ""), packed, stored("x.npy", npy)});
  REQUIRE(file.tensors().size() == 1);
  CHECK(read_tensor(file, "x") == std::vector<float>{1, 2, 3});
  CHECK(file.find("mask") == nullptr);
  expect_error(ErrorCode::file_format, {"in.npz", "'names'", "'<U2'", "is not supported"},
               [&] { static_cast<void>(file.find("names")); });
  CHECK_NOTHROW(file.require_all_used("x"));
}

TEST_CASE("npz: tensors that nobody has asked for are named") {
  const test::TemporaryFolder folder;
  const TensorFile file = open(folder, {stored("x.npy", npy_of({1})), stored("attn_mask.npy", npy_of({1})),
                                        stored("cu_seqlens.npy", npy_of({1}))});
  static_cast<void>(file.find("x"));
  expect_error(ErrorCode::unsupported,
               {"in.npz", "tensors 'attn_mask', 'cu_seqlens' are not known", "expected x"},
               [&] { file.require_all_used("x"); });
  static_cast<void>(file.at("attn_mask"));
  expect_error(ErrorCode::unsupported, {"tensor 'cu_seqlens' is not known"},
               [&] { file.require_all_used("x"); });
  static_cast<void>(read_tensor(file, "cu_seqlens"));
  CHECK_NOTHROW(file.require_all_used("x"));
}

TEST_CASE("npz: entries that are refused") {
  const std::string npy = npy_of({1, 2, 3});
  ZipEntryBytes encrypted = stored("x.npy", npy);
  encrypted.flags = 1;
  expect_unreadable(zip_bytes({encrypted}), "x", {"'x'", "encrypted"});
  ZipEntryBytes lzma = stored("x.npy", npy);
  lzma.method = 14;
  expect_unreadable(zip_bytes({lzma}), "x", {"'x'", "method 14", "expected 0 (stored) or 8 (deflated)"});
  ZipEntryBytes longer = stored("x.npy", npy);
  longer.size += 4;
  expect_bad_file(zip_bytes({longer}), {"'x.npy'", "stored entry of"});
  ZipEntryBytes bomb = deflated("x.npy", npy);
  bomb.size = 4000000000;
  expect_bad_file(zip_bytes({bomb}), {"'x.npy'", "cannot hold 4000000000"});
  expect_bad_file(zip_bytes({stored("x.npy", npy), deflated("x.npy", npy)}), {"'x.npy'", "is there twice"});
  expect_unreadable(zip_bytes({stored("readme.txt", "This is not an .npy file.")}), "readme.txt",
                    {"'readme.txt'", "is not an array (.npy)"});
  expect_bad_file(zip_bytes({stored("x.npy", npy.substr(0, npy.size() - 4))}),
                  {"'x'", "needs 12 bytes", "but 8"});
  expect_unreadable(zip_bytes({stored("a\x1b[2J\n.npy", "?")}), "a\x1b[2J\n",
                    {"'a?[2J?'", "is not an array"});
}

/// A zip of `count` entries of the directory, made by `name` and `header` (the place of the entry's own
/// header) from one local entry.
std::string directory_of(const std::string& local, int count, const std::string& entry) {
  std::string directory;
  for (int i = 0; i < count; ++i) directory += entry;
  return local + directory + "PK\x05\x06" + test::little_endian(0, 4) +
         test::little_endian(static_cast<std::uint64_t>(count), 2) +
         test::little_endian(static_cast<std::uint64_t>(count), 2) +
         test::little_endian(directory.size(), 4) + test::little_endian(local.size(), 4) +
         test::little_endian(0, 2);
}

TEST_CASE("npz: many entries of the directory that point at one entry are not read") {
  const std::string one = zip_bytes({stored("x.npy", npy_of({1, 2, 3}))});
  const std::size_t directory = one.find("PK\x01\x02"), end = one.find("PK\x05\x06");
  const std::string entry = one.substr(directory, end - directory);
  expect_bad_file(directory_of(one.substr(0, directory), 20000, entry), {"'x.npy'", "is there twice"});
}

TEST_CASE("npz: entries that have bytes in common, or reach into the directory") {
  // The first is stored and has the second, headers and all, within its bytes.
  const std::string inner = zip_bytes({stored("b.npy", npy_of({1, 2, 3}))});
  const std::size_t inner_directory = inner.find("PK\x01\x02");
  const std::string second = inner.substr(0, inner_directory);
  const std::string outer = zip_bytes({stored("a.npy", second)});
  const std::size_t directory = outer.find("PK\x01\x02"), end = outer.find("PK\x05\x06");
  const std::string first_entry = outer.substr(directory, end - directory);
  std::string second_entry = inner.substr(inner_directory, inner.find("PK\x05\x06") - inner_directory);
  second_entry.replace(42, 4, test::little_endian(outer.find(second), 4));
  expect_bad_file(directory_of(outer.substr(0, directory), 1, first_entry + second_entry)
                      .replace(directory + first_entry.size() + second_entry.size() + 8, 4,
                               test::little_endian(2, 2) + test::little_endian(2, 2)),
                  {"'a.npy'", "reach into 'b.npy'"});
  std::string longer = zip_bytes({stored("x.npy", npy_of({1, 2, 3}))});
  const std::size_t at = longer.find("PK\x01\x02");
  const std::size_t size = npy_of({1, 2, 3}).size() + 4;
  longer.replace(at + 20, 8, test::little_endian(size, 4) + test::little_endian(size, 4));
  expect_bad_file(longer, {"'x.npy'", "reach into the zip directory"});
}

TEST_CASE("npz: damaged archives") {
  const std::string file = zip_bytes({stored("x.npy", npy_of({1, 2, 3})), stored("y.npy", npy_of({1}))});
  expect_bad_file(file.substr(0, file.size() - 40), {"zip directory", "truncated"});
  expect_bad_file(file.substr(0, 10), {"zip directory", "truncated"});
  expect_bad_file(file.substr(0, 100), {"zip directory", "(100 bytes)", "truncated"});
  std::string other_header = file;
  other_header[8] = 8;  // the entry's own header contradicts the directory
  expect_bad_file(other_header, {"'x.npy'", "corrupt"});
  std::string no_second = file;
  no_second[no_second.rfind("PK\x01\x02") + 2] = 9;
  expect_bad_file(no_second, {"number 2 of 2", "corrupt"});
  std::string fewer = file;
  fewer[fewer.size() - 12] = 1;
  expect_bad_file(fewer, {"more entries than its end says"});
  ZipEntryBytes beyond = stored("x.npy", npy_of({1, 2, 3}));
  std::string cut = zip_bytes({beyond});
  const std::size_t directory = cut.find("PK\x01\x02");
  cut.replace(directory + 20, 8, test::little_endian(5000, 4) + test::little_endian(5000, 4));
  cut.replace(18, 8, test::little_endian(5000, 4) + test::little_endian(5000, 4));
  expect_bad_file(cut, {"'x.npy'", "5000 bytes", "beyond the file of " + std::to_string(cut.size())});
}

}  // namespace
}  // namespace saccade
