#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "io/temporary_folder.hpp"
#include "saccade/error.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::test {

/// Runs `action`, which must throw an Error of this code whose message has all of `parts`.
template <typename Action>
void expect_error(ErrorCode code, std::initializer_list<std::string> parts, Action action) {
  try {
    action();
    FAIL_CHECK("no Error was thrown");
  } catch (const Error& error) {
    const std::string message = error.what();
    INFO(message);
    CHECK(static_cast<int>(error.code()) == static_cast<int>(code));
    for (const std::string& part : parts) {
      INFO("expected in the message: ", part);
      CHECK(message.find(part) != std::string::npos);
    }
  }
}

/// Opening a file of these bytes must fail; the message names the file.
inline void expect_bad_file(const std::string& bytes, std::initializer_list<std::string> parts) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.write("bad-file", bytes);
  expect_error(ErrorCode::file_format, {path.string()}, [&] { static_cast<void>(TensorFile::open(path)); });
  expect_error(ErrorCode::file_format, parts, [&] { static_cast<void>(TensorFile::open(path)); });
}

/// Elements of a tensor from `first` on.
inline std::vector<float> read(const TensorFile& file, const std::string& name, std::int64_t first,
                               std::size_t count) {
  std::vector<float> values(count);
  file.read(name, first, values);
  return values;
}

inline std::vector<float> read_all(const TensorFile& file, const std::string& name) {
  return read(file, name, 0, static_cast<std::size_t>(file.at(name).elements()));
}

}  // namespace saccade::test
