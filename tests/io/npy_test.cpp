#include <doctest/doctest.h>

#include <algorithm>

#include "fixtures/expect_error.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/expect_bad_file.hpp"
#include "io/file_bytes.hpp"

namespace saccade {
namespace {

using test::bytes_of;
using test::expect_bad_file;
using test::expect_unreadable;
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

TEST_CASE("npy: types that are refused when they are asked for") {
  const std::string data = bytes_of(six);
  const auto expect = [&](const std::string& descr, const std::string& shape, const std::string& what) {
    expect_unreadable(npy_bytes(npy_text(descr, shape), data), "x", {"'" + descr + "'", what, "expected b1"});
  };
  expect("|O", "(2, 3)", "holds Python objects");
  expect("<c8", "(3,)", "is not supported");
  expect("<U6", "(1,)", "is not supported");
  expect("|f4", "(2, 3)", "is not supported");
  expect("<V2", "(12,)", "is not supported");
  expect("", "(2, 3)", "is not supported");
  expect_unreadable(
      npy_bytes("{'descr': [('a', '<f4', (2,)), ('b', [('c', '|u1')])], 'fortran_order': False, "
                "'shape': (6,), }",
                data),
      "x", {"dtype [('a', '<f4', (2,)), ('b', [('c', '|u1')])] is structured"});
  expect_bad_file(npy_bytes("{'descr': [('a', '<f4'", data), {"expected ']'"});
  expect_bad_file(npy_bytes("{'descr': " + std::string(1000000, '['), data, 2), {"expected ']'"});
}

TEST_CASE("npy: big-endian elements of every type are read as others") {
  const test::TemporaryFolder folder;
  const auto reversed = [](std::string bytes, std::size_t size) {
    for (std::size_t i = 0; i < bytes.size(); i += size)
      std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                   bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
    return bytes;
  };
  const std::vector<double> doubles(six.begin(), six.end());
  const std::vector<std::int64_t> integers = {0, 1, -2, std::int64_t{1} << 40};
  CHECK(read_tensor(open(folder, npy_bytes(npy_text(">f4", "(2, 3)"), reversed(bytes_of(six), 4))), "x") ==
        six);
  CHECK(read_tensor(open(folder, npy_bytes(npy_text(">f8", "(6,)"), reversed(bytes_of(doubles), 8))), "x", 4,
                    2) == std::vector<float>{5, -6});
  CHECK(
      open(folder, npy_bytes(npy_text(">i8", "(4,)"), reversed(bytes_of(integers), 8))).read_integers("x") ==
      integers);
  CHECK(open(folder, npy_bytes(npy_text(">u1", "(2,)"), "ab")).at("x").type == StorageType::u8);
}

std::string in_fortran_order(const std::string& descr, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': True, 'shape': " + shape + ", }";
}

TEST_CASE("npy: Fortran order is read as C order, in any pieces") {
  const test::TemporaryFolder folder;
  // a[i][j][k] = 100 i + 10 j + k, the first index fastest in the file.
  std::vector<float> columns, rows;
  for (int k = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 5; ++i) columns.push_back(static_cast<float>(100 * i + 10 * j + k));
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) rows.push_back(static_cast<float>(100 * i + 10 * j + k));
  for (const std::string& file_bytes :
       {npy_bytes(in_fortran_order("<f4", "(5, 3, 4)"), bytes_of(columns)),
        test::zip_bytes(
            {test::deflated("x.npy", npy_bytes(in_fortran_order("<f4", "(5, 3, 4)"), bytes_of(columns)))})}) {
    const TensorFile file = open(folder, file_bytes);
    CHECK(file.at("x").shape == std::vector<std::int64_t>{5, 3, 4});
    CHECK(read_tensor(file, "x") == rows);
    for (std::size_t first = 0; first < rows.size(); first += 7) {
      const std::size_t count = std::min<std::size_t>(9, rows.size() - first);
      const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
      CHECK(read_tensor(file, "x", static_cast<std::int64_t>(first), count) ==
            std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(count)));
    }
  }
  // Few rows of many columns: linear in their number.
  std::vector<float> wide(2 * 300000);
  for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = static_cast<float>(i % 2 * 1000000 + i / 2);
  const std::vector<double> doubles(wide.begin(), wide.end());
  const std::string wide_file = npy_bytes(in_fortran_order("<f8", "(2, 300000)"), bytes_of(doubles));
  for (const std::string& file_bytes : {wide_file, test::zip_bytes({test::deflated("x.npy", wide_file)})}) {
    const std::vector<float> got = read_tensor(open(folder, file_bytes), "x");
    for (const std::size_t i : {0u, 1u, 299999u, 300000u, 599999u})
      CHECK(got[i] == static_cast<float>(i / 300000 * 1000000 + i % 300000));
  }
  CHECK(read_tensor(open(folder, npy_bytes(in_fortran_order("<f4", "(6,)"), bytes_of(six))), "x") == six);
  CHECK(read_tensor(open(folder, npy_bytes(in_fortran_order("<f4", "(6, 1)"), bytes_of(six))), "x") == six);
  CHECK(open(folder, npy_bytes(in_fortran_order("<f4", "(3, 0)"), "")).at("x").elements() == 0);
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
