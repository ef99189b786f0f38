#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/expect_bad_file.hpp"
#include "io/file_bytes.hpp"

namespace saccade {
namespace {

using test::bytes_of;
using test::expect_bad_file;
using test::expect_error;
using test::read_tensor;
using test::safetensors_bytes;

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets +
         "}";
}

const std::string twelve(12, '\0');

/// A file of one tensor with this description, and twelve bytes.
void expect_bad_entry(const std::string& text, std::initializer_list<std::string> parts) {
  INFO(text);
  expect_bad_file(safetensors_bytes("{" + text + "}", twelve), parts);
}

TEST_CASE("safetensors: every type, in the order of the bytes") {
  const std::vector<std::pair<std::string, StorageType>> types = {
      {"BOOL", StorageType::boolean}, {"U8", StorageType::u8},     {"I8", StorageType::i8},
      {"I16", StorageType::i16},      {"U16", StorageType::u16},   {"I32", StorageType::i32},
      {"U32", StorageType::u32},      {"I64", StorageType::i64},   {"U64", StorageType::u64},
      {"F16", StorageType::f16},      {"BF16", StorageType::bf16}, {"F32", StorageType::f32},
      {"F64", StorageType::f64}};
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  std::size_t end = 0;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const std::string name(1, static_cast<char>('z' - i));  // names in the other direction
    const std::size_t size = 3 * size_of(types[i].second);
    header += "," + entry(name, types[i].first, "[3]",
                          "[" + std::to_string(end) + "," + std::to_string(end + size) + "]");
    end += size;
  }
  const test::TemporaryFolder folder;
  const TensorFile file =
      TensorFile::open(folder.write("all", safetensors_bytes(header + "}  ", std::string(end, '\0'))));
  REQUIRE(file.tensors().size() == types.size());
  for (std::size_t i = 0; i < types.size(); ++i) CHECK(file.tensors()[i].type == types[i].second);
}

TEST_CASE("safetensors: values") {
  const std::vector<float> floats = {1, -2.5F};
  const std::vector<std::uint16_t> halves = {0x3c00, 0xc100};
  const std::vector<std::uint16_t> brains = {0x3f80, 0xc020};
  const std::vector<std::int64_t> longs = {-1, 1};
  const std::string header =
      "{" + entry("f", "F32", "[2,1]", "[0,8]") + "," + entry("h", "F16", "[2]", "[8,12]") + "," +
      entry("b", "BF16", "[1,2]", "[12,16]") + "," + entry("l", "I64", "[2]", "[16,32]") + "," +
      entry("none", "F32", "[0,7]", "[16,16]") + "," + entry("one", "F32", "[]", "[32,36]") + "}";
  const test::TemporaryFolder folder;
  const TensorFile file = TensorFile::open(folder.write(
      "values", safetensors_bytes(header, bytes_of(floats) + bytes_of(halves) + bytes_of(brains) +
                                              bytes_of(longs) + bytes_of(std::vector<float>{9}))));
  CHECK(read_tensor(file, "f") == floats);
  CHECK(read_tensor(file, "h") == floats);
  CHECK(read_tensor(file, "b") == floats);
  CHECK(file.read_integers("l") == longs);
  CHECK(read_tensor(file, "none").empty());
  CHECK(read_tensor(file, "one") == std::vector<float>{9});
  expect_error(ErrorCode::file_format, {"'l'", "i64"}, [&] { read_tensor(file, "l"); });
}

TEST_CASE("safetensors: a file without tensors") {
  const test::TemporaryFolder folder;
  CHECK(TensorFile::open(folder.write("none", safetensors_bytes("{}", ""))).tensors().empty());
  CHECK(TensorFile::open(folder.write("none", safetensors_bytes("{\"__metadata__\":{}}   ", "")))
            .tensors()
            .empty());
}

TEST_CASE("safetensors: headers") {
  const std::string good = safetensors_bytes("{" + entry("x", "F32", "[3]", "[0,12]") + "}", twelve);
  expect_bad_file(good.substr(0, 30), {"header says", "but 22 follow", "truncated"});
  expect_bad_file(test::little_endian(1ull << 60, 8) + "{}",
                  {"1152921504606846976 bytes long", "but 2 follow"});
  expect_bad_file(test::little_endian(0, 8) + "{}", {"not valid JSON"});
  expect_bad_file(safetensors_bytes("{\"x\":", ""), {"not valid JSON"});
  expect_bad_file(safetensors_bytes("{} {}", ""), {"not valid JSON"});
  expect_bad_file(safetensors_bytes(std::string("{}\0", 3), ""), {"not valid JSON"});
  expect_bad_file(safetensors_bytes("{\"\xff\":1}", ""), {"not valid JSON"});
  expect_bad_file(
      safetensors_bytes("{\"x\":" + std::string(100000, '[') + std::string(100000, ']') + "}", ""),
      {"nested more than"});
  expect_bad_file(safetensors_bytes("{\"x\":" + std::string(1000000, '['), ""), {"nested more than"});
  expect_bad_file(safetensors_bytes("{\"x\":3}", ""), {"'x'", "not described by a JSON object"});
  expect_bad_file(
      safetensors_bytes(
          "{" + entry("x", "F32", "[0]", "[0,0]") + "," + entry("x", "F32", "[3]", "[0,12]") + "}", twelve),
      {"two keys 'x'"});
  expect_bad_entry("\"x\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[6],\"data_offsets\":[0,12]}",
                   {"two keys 'dtype'"});
}

TEST_CASE("safetensors: a tensor's description") {
  expect_bad_entry("\"x\":{\"shape\":[3],\"data_offsets\":[0,12]}", {"'x'", "lacks 'dtype'"});
  expect_bad_entry("\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,12]}", {"'x'", "lacks 'shape'"});
  expect_bad_entry("\"x\":{\"dtype\":\"F32\",\"shape\":[3]}", {"'x'", "lacks 'data_offsets'"});
  expect_bad_entry("\"x\":{\"dtype\":7,\"shape\":[3],\"data_offsets\":[0,12]}",
                   {"'x'", "dtype is not a string: 7"});
  for (const char* const dtype : {"F8_E4M3", "F4", "C64"})
    test::expect_unreadable(safetensors_bytes("{" + entry("x", dtype, "[24]", "[0,12]") + "}", twelve), "x",
                            {"'x'", std::string("dtype '") + dtype + "' is not supported", "BF16"});
  expect_bad_entry(entry("x", "F32", "3", "[0,12]"), {"'x'", "shape is not a list"});
  expect_bad_entry(entry("x", "F32", "[-3]", "[0,12]"), {"'x'", "shape [-3]"});
  expect_bad_entry(entry("x", "F32", "[3.0]", "[0,12]"), {"'x'", "3.0"});
  expect_bad_entry(entry("x", "F32", "[\"3\"]", "[0,12]"), {"'x'", "whole numbers"});
  expect_bad_entry(entry("x", "F32", "[4294967296,4294967296]", "[0,12]"),
                   {"'x'", "[4294967296, 4294967296]", "2^63"});
  expect_bad_entry(entry("x", "F32", "[18446744073709551615]", "[0,12]"), {"'x'", "2^63"});
  expect_bad_entry(entry("x", "F32", "[99999999999999999999]", "[0,12]"), {"'x'", "whole numbers"});
}

TEST_CASE("safetensors: data_offsets") {
  expect_bad_entry(entry("x", "F32", "[3]", "[0,16]"), {"'x'", "data_offsets [0, 16]", "beyond", "12 bytes"});
  expect_bad_entry(entry("x", "F32", "[3]", "[12,0]"),
                   {"'x'", "data_offsets [12, 0]", "end before they begin"});
  expect_bad_entry(entry("x", "F32", "[3]", "[0]"), {"'x'", "has 1 numbers; expected 2"});
  expect_bad_entry(entry("x", "F32", "[3]", "[-4,8]"), {"'x'", "data_offsets [-4,8]"});
  expect_bad_entry(entry("x", "F32", "[4]", "[0,12]"), {"'x'", "[4]", "needs 16 bytes", "span 12"});
  expect_bad_entry(entry("x", "F32", "[2]", "[0,8]"), {"tensors end at byte 8", "12 bytes follow"});
  expect_bad_entry(entry("x", "F32", "[2]", "[4,12]"), {"'x'", "data_offsets [4, 12]", "hole", "ends at 0"});
  expect_bad_entry(entry("a", "F32", "[1]", "[0,4]") + "," + entry("b", "F32", "[1]", "[8,12]"),
                   {"'b'", "[8, 12]", "hole", "ends at 4"});
  expect_bad_entry(entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[4,12]"),
                   {"'b'", "[4, 12]", "overlap", "ends at 8"});
}

}  // namespace
}  // namespace saccade
