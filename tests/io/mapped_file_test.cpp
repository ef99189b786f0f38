#include "io/files/mapped_file.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <utility>

#include "fixtures/temporary_folder.hpp"

namespace saccade {
namespace {

std::string text_of(const io::MappedFile& file) {
  std::string text(file.bytes().size(), '\0');
  if (!text.empty()) std::memcpy(text.data(), file.bytes().data(), text.size());
  return text;
}

TEST_CASE("a mapped file has the file's bytes, after the file is closed, removed and moved about") {
  const test::TemporaryFolder folder;
  const std::string text = std::string(10'000, 'x') + "end";
  const std::filesystem::path path = folder.write("file", text);
  io::MappedFile mapped{io::InputFile(path)};
  std::filesystem::remove(path);
  CHECK(text_of(mapped) == text);
  io::MappedFile moved = std::move(mapped);
  CHECK(text_of(moved) == text);
  io::MappedFile other{io::InputFile(folder.write("other", "other"))};
  moved = std::move(other);
  CHECK(text_of(moved) == "other");
}

TEST_CASE("an empty file maps to no bytes") {
  const test::TemporaryFolder folder;
  CHECK(text_of(io::MappedFile{io::InputFile(folder.write("file", ""))}).empty());
}

}  // namespace
}  // namespace saccade
