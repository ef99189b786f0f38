#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::test {

/// Opening a file of these bytes must fail; the message names the file.
inline void expect_bad_file(const std::string& bytes, std::initializer_list<std::string> parts) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.write("bad-file", bytes);
  expect_error(ErrorCode::file_format, {path.string()}, [&] { static_cast<void>(TensorFile::open(path)); });
  expect_error(ErrorCode::file_format, parts, [&] { static_cast<void>(TensorFile::open(path)); });
}

/// A file of these bytes opens; to ask for its tensor of that name must fail.
inline void expect_unreadable(const std::string& bytes, const std::string& name,
                              std::initializer_list<std::string> parts) {
  const TemporaryFolder folder;
  const TensorFile file = TensorFile::open(folder.write("some-file", bytes));
  for (const TensorInfo& tensor : file.tensors()) CHECK(tensor.name != name);
  expect_error(ErrorCode::file_format, {"some-file"}, [&] { static_cast<void>(file.find(name)); });
  expect_error(ErrorCode::file_format, parts, [&] { static_cast<void>(file.at(name)); });
}

}  // namespace saccade::test
