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
using test::npy_bytes;
using test::npy_text;
using test::read_tensor;

const std::vector<float> six = {1, -2, 3.5F, 4, 5, -6};

TensorFile open(const test::TemporaryFolder& folder, const std::string& bytes) {
  return TensorFile::open(folder.write("in.npy", bytes));
}

TEST_CASE("npy: versions 1.0, 2.0 and 3.0") {
  for (const char version : {'\x01', '\x02', '\x03'}) {
    const test::TemporaryFolder folder;
    const TensorFile file = open(folder, npy_bytes(npy_text("<f4", "(2, 3)"), bytes_of(six), version));
    REQUIRE(file.tensors().size() == 1);
    CHECK(file.tensors()[0].name == "x");
    CHECK(file.at("x").shape == std::vector<std::int64_t>{2, 3});
    CHECK(file.at("x").type == StorageType::f32);
    CHECK(read_tensor(file, "x") == six);
  }
}

TEST_CASE("npy: every spelling of a header that Python would read") {
  const std::vector<std::string> headers = {
      "{'descr':'<f4','fortran_order':False,'shape':(2,3)}",
      "{\"shape\": (2L, 3L,), \"fortran_order\": False, \"descr\": \"=f4\"}   \n",
      "  { 'fortran_order' : False , 'shape' : ( 2 , 3 ) , 'descr' : '<f4' , } \n",
  };
  for (const std::string& header : headers) {
    const test::TemporaryFolder folder;
    CHECK(read_tensor(open(folder, npy_bytes(header, bytes_of(six))), "x") == six);
  }
}

TEST_CASE("npy: types") {
  const test::TemporaryFolder folder;
  const std::vector<std::tuple<std::string, StorageType, std::size_t>> types = {
      {"|b1", StorageType::boolean, 1}, {"|u1", StorageType::u8, 1},  {"|i1", StorageType::i8, 1},
      {"<i2", StorageType::i16, 2},     {"<u2", StorageType::u16, 2}, {"<i4", StorageType::i32, 4},
      {"<u4", StorageType::u32, 4},     {"<i8", StorageType::i64, 8}, {"<u8", StorageType::u64, 8},
      {"<f2", StorageType::f16, 2},     {"<f4", StorageType::f32, 4}, {"<f8", StorageType::f64, 8}};
  for (const auto& [descr, type, size] : types) {
    const TensorFile file = open(folder, npy_bytes(npy_text(descr, "(3,)"), std::string(3 * size, '\0')));
    CHECK(file.at("x").type == type);
    CHECK(size_of(type) == size);
    CHECK(file.at("x").elements() == 3);
  }
}

TEST_CASE("npy: integers and floats are read as what they are") {
  const test::TemporaryFolder folder;
  const std::vector<std::int64_t> longs = {0, -5, std::int64_t{1} << 40};
  CHECK(open(folder, npy_bytes(npy_text("<i8", "(3,)"), bytes_of(longs))).read_integers("x") == longs);
  const std::vector<std::int32_t> ints = {7, -8};
  const TensorFile file = open(folder, npy_bytes(npy_text("<i4", "(2,)"), bytes_of(ints)));
  CHECK(file.read_integers("x") == std::vector<std::int64_t>{7, -8});
  test::expect_error(ErrorCode::file_format, {"in.npy", "'x'", "i32", "expected f32"},
                     [&] { read_tensor(file, "x"); });
  const TensorFile floats =
      open(folder, npy_bytes(npy_text("<f8", "(2,)"), bytes_of(std::vector<double>{0.5, -2})));
  CHECK(read_tensor(floats, "x") == std::vector<float>{0.5F, -2});
  test::expect_error(ErrorCode::file_format, {"in.npy", "'x'", "f64", "expected i32 or i64"},
                     [&] { static_cast<void>(floats.read_integers("x")); });
}

TEST_CASE("npy: no dimensions, and no elements") {
  const test::TemporaryFolder folder;
  const TensorFile scalar = open(folder, npy_bytes(npy_text("<f4", "()"), bytes_of(std::vector<float>{42})));
  CHECK(scalar.at("x").shape.empty());
  CHECK(read_tensor(scalar, "x") == std::vector<float>{42});
  const TensorFile empty = open(folder, npy_bytes(npy_text("<f4", "(0, 384)"), ""));
  CHECK(empty.at("x").elements() == 0);
  CHECK(read_tensor(empty, "x").empty());
}

TEST_CASE("npy: what is wrong is named") {
  const std::string data = bytes_of(six);
  const std::string good = npy_bytes(npy_text("<f4", "(2, 3)"), data);
  expect_bad_file(good.substr(0, good.size() - 1),
                  {"[2, 3]", "needs 24 bytes", "but 23 follow", "truncated"});
  expect_bad_file(good + "?", {"needs 24 bytes", "but 25 follow", "too many"});
  expect_bad_file(good.substr(0, 40), {"header says", "truncated"});
  expect_bad_file(good.substr(0, 8), {"is not an .npy", "8 bytes"});
  expect_bad_file(std::string("\x93NUMPY\x01\x00\xff\xff", 10) + "{'descr'",
                  {"65535 bytes long", "but 8 follow"});
  expect_bad_file(npy_bytes(npy_text("<f4", "(2, 3)"), data, 4), {"version 4.0", "expected 1.0, 2.0 or 3.0"});
  expect_bad_file(std::string("\x93NUMPY\x02\x00\xff\xff", 10), {"ends within the .npy header"});
  expect_bad_file(npy_bytes(std::string(2 << 20, ' '), "", 2), {"2097152 bytes long", "more than"});
}

TEST_CASE("npy: types and orders that are refused") {
  const std::string data = bytes_of(six);
  expect_bad_file(npy_bytes(npy_text(">f4", "(2, 3)"), data), {"'>f4'", "big-endian", "'<f4'"});
  expect_bad_file(npy_bytes(npy_text("|O", "(2, 3)"), data), {"'|O'", "Python objects"});
  expect_bad_file(npy_bytes(npy_text("<c8", "(3,)"), data), {"'<c8'", "not supported"});
  expect_bad_file(npy_bytes(npy_text("<U6", "(1,)"), data), {"'<U6'", "not supported"});
  expect_bad_file(npy_bytes(npy_text("|f4", "(2, 3)"), data), {"'|f4'", "not supported"});
  expect_bad_file(npy_bytes(npy_text("<V2", "(12,)"), data), {"'<V2'", "not supported"});
  expect_bad_file(npy_bytes(npy_text("", "(2, 3)"), data), {"''", "not supported"});
  expect_bad_file(npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", data),
                  {"Fortran order", "[2, 3]", "expected C order"});
  expect_bad_file(npy_bytes("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }", data),
                  {"expected a string", "[('a'"});
}

TEST_CASE("npy: shapes that are refused") {
  const std::string data = bytes_of(six);
  expect_bad_file(npy_bytes(npy_text("<f4", "(-2, 3)"), data), {"[-2, 3]", "negative"});
  expect_bad_file(npy_bytes(npy_text("<f4", "(4294967296, 4294967296)"), data),
                  {"[4294967296, 4294967296]", "2^63"});
  expect_bad_file(npy_bytes(npy_text("<f4", "(0, 4294967296, 4294967296)"), ""), {"2^63"});
  expect_bad_file(npy_bytes(npy_text("<f4", "(2305843009213693952,)"), data), {"2^63"});
  expect_bad_file(npy_bytes(npy_text("<f4", "(99999999999999999999,)"), data),
                  {"expected a size below 2^63"});
  expect_bad_file(npy_bytes(npy_text("<f4", "(2, 4)"), data), {"[2, 4]", "needs 32 bytes", "but 24 follow"});
}

TEST_CASE("npy: corrupt dictionaries") {
  const std::string rest = "'fortran_order': False, 'shape': (6,), }";
  const std::vector<std::string> headers = {"",
                                            "{",
                                            "[]",
                                            "{'descr': '<f4'}",
                                            "{'descr': '<f4', " + rest + " x",
                                            "{'descr': '<f4 " + rest,
                                            "{'descr': '<f4', 'descr': '<f4', " + rest,
                                            "{'descr': '<f4' " + rest,
                                            "{'extra': 1, 'descr': '<f4', " + rest,
                                            "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (6,)}",
                                            "{'descr': '<f4', 'fortran_order': False, 'shape': (6 6)}",
                                            "{'descr': '<f4', 'fortran_order': False, 'shape': 6}",
                                            std::string("{'descr': '<f4', \0", 18) + rest};
  for (const std::string& header : headers) {
    INFO(header);
    expect_bad_file(npy_bytes(header, bytes_of(six)), {"header is corrupt at its character", "expected"});
  }
}

}  // namespace
}  // namespace saccade
