// Archives with numbers beyond 32 and 16 bits.

#include <doctest/doctest.h>

#include <fstream>

#include "fixtures/expect_error.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/file_bytes.hpp"
#include "io/zip/zip_writer.hpp"

namespace saccade {
namespace {

using test::little_endian;

constexpr std::uint64_t five_gib = 5ull << 30;
const std::string saturated = "\xff\xff\xff\xff";

std::string zip64_field(const std::vector<std::uint64_t>& numbers) {
  std::string field = little_endian(1, 2) + little_endian(8 * numbers.size(), 2);
  for (const std::uint64_t number : numbers) field += little_endian(number, 8);
  return field;
}

/// What the entry's own header and the directory have in common.
std::string common(std::uint32_t crc, const std::string& sizes, const std::string& name,
                   const std::string& extra) {
  return little_endian(45, 2) + std::string(4, '\0') + little_endian(0x210000, 4) + little_endian(crc, 4) +
         sizes + little_endian(name.size(), 2) + little_endian(extra.size(), 2);
}

/// Appends at the end of the file, or after a hole up to `at`.
void put(std::ofstream& file, std::uint64_t at, const std::string& bytes) {
  file.seekp(static_cast<std::streamoff>(at));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// large.npy: 5 GiB of zeros, a hole in the file, with a CRC that nobody will wait for; small.npy behind
/// them. Both are described by zip64 fields.
void write_archive(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  const std::string large = test::npy_bytes(test::npy_text("|u1", "(5368709120,)"), "");
  const std::string small =
      test::npy_bytes(test::npy_text("<f4", "(2,)"), test::bytes_of(std::vector<float>{1, 2}));
  const std::uint64_t large_size = large.size() + five_gib;
  const std::string large_extra = zip64_field({large_size, large_size});
  const std::string large_header =
      "PK\x03\x04" + common(0, saturated + saturated, "large.npy", large_extra) + "large.npy" + large_extra;
  const std::string sizes = little_endian(small.size(), 4) + little_endian(small.size(), 4);
  const std::uint64_t small_begin = large_header.size() + large_size;
  const std::string small_extra = "xx" + little_endian(1, 2) + "?" + zip64_field({small_begin});
  const std::string directory =
      "PK\x01\x02" + little_endian(45, 2) + common(0, saturated + saturated, "large.npy", large_extra) +
      std::string(14, '\0') + "large.npy" + large_extra +  //
      "PK\x01\x02" + little_endian(45, 2) + common(test::crc32_of(small), sizes, "small.npy", small_extra) +
      std::string(10, '\0') + saturated + "small.npy" + small_extra;
  put(file, 0, large_header + large);
  put(file, small_begin,
      "PK\x03\x04" + common(test::crc32_of(small), sizes, "small.npy", "") + "small.npy" + small);
  const auto directory_begin = static_cast<std::uint64_t>(file.tellp());
  const std::uint64_t end64_begin = directory_begin + directory.size();
  put(file, directory_begin,
      directory + "PK\x06\x06" + little_endian(44, 8) + little_endian(45, 2) + little_endian(45, 2) +
          std::string(8, '\0') + little_endian(2, 8) + little_endian(2, 8) +
          little_endian(directory.size(), 8) + little_endian(directory_begin, 8) + "PK\x06\x07" +
          std::string(4, '\0') + little_endian(end64_begin, 8) + little_endian(1, 4) + "PK\x05\x06" +
          std::string(4, '\0') + little_endian(2, 2) + little_endian(2, 2) +
          little_endian(directory.size(), 4) + saturated + little_endian(3, 2) + "end");
}

TEST_CASE("npz: entries larger than 4 GiB, and behind 4 GiB") {
  const test::TemporaryFolder folder;
  write_archive(folder / "x.npz");
  const TensorFile file = TensorFile::open(folder / "x.npz");
  REQUIRE(file.tensors().size() == 2);
  CHECK(file.at("large").shape == std::vector<std::int64_t>{static_cast<std::int64_t>(five_gib)});
  CHECK(test::read_tensor(file, "small") == std::vector<float>{1, 2});
}

TEST_CASE("npz: a zip64 end record that is not where the archive says") {
  const test::TemporaryFolder folder;
  write_archive(folder / "x.npz");
  std::filesystem::resize_file(folder / "x.npz", std::filesystem::file_size(folder / "x.npz") - 3);
  test::expect_error(ErrorCode::file_format, {"x.npz", "no zip directory", "truncated"},
                     [&] { static_cast<void>(TensorFile::open(folder / "x.npz")); });
  write_archive(folder / "x.npz");
  std::fstream file(folder / "x.npz", std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(-37, std::ios::end);  // within the locator, between record and end
  file.write("\x01", 1);
  file.close();
  test::expect_error(ErrorCode::file_format, {"x.npz", "zip64 end record", "corrupt"},
                     [&] { static_cast<void>(TensorFile::open(folder / "x.npz")); });
}

TEST_CASE("npz: as many tensors as 16 bits count, and more") {
  const test::TemporaryFolder folder;
  std::vector<TensorInfo> tensors;
  for (std::size_t i = 0; i < 65534; ++i) tensors.push_back({"t" + std::to_string(i), StorageType::f32, {0}});
  TensorFileWriter(folder / "x.npz", tensors).commit();
  const TensorFile file = TensorFile::open(folder / "x.npz");
  REQUIRE(file.tensors().size() == tensors.size());
  CHECK(file.tensors().back().name == tensors.back().name);
  tensors.push_back({"one more", StorageType::f32, {0}});
  test::expect_error(ErrorCode::invalid_argument, {"y.npz", "65535 tensors", "65534"},
                     [&] { TensorFileWriter(folder / "y.npz", tensors); });
  TensorFileWriter(folder / "y.safetensors", tensors).commit();
  CHECK(TensorFile::open(folder / "y.safetensors").tensors().size() == tensors.size());
}

TEST_CASE("npz: the header of an entry announced as large") {
  const test::TemporaryFolder folder;
  const std::string npy = test::npy_bytes(test::npy_text("<f4", "()"), test::bytes_of(std::vector<float>{3}));
  io::OutputFile output(folder / "x.npz");
  io::ZipWriter zip(output);
  zip.open_entry("x.npy", five_gib);
  zip.write(std::as_bytes(std::span(npy)));
  zip.close_entry();
  zip.finish();
  output.finish();
  output.commit();
  CHECK(test::read_tensor(TensorFile::open(folder / "x.npz"), "x") == std::vector<float>{3});
}

}  // namespace
}  // namespace saccade
