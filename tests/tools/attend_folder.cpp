#include "tools/attend_folder.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "fixtures/expect_error.hpp"

namespace saccade::test {

Finished attend(const std::filesystem::path& input, const std::filesystem::path& output,
                const Arguments& more) {
  Arguments arguments = {"attend", input, "-o", output};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_command(arguments);
}

Finished attended(const std::filesystem::path& input, const std::filesystem::path& output,
                  const Arguments& more) {
  Finished finished = attend(input, output, more);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  CHECK(finished.out.empty());
  return finished;
}

const std::filesystem::path& Folder::run(const Tensors& tensors, const Arguments& more) {
  attended(write_tensors(in, tensors), out, more);
  return out;
}

Floats Folder::out_of(const Tensors& tensors, const Arguments& more) {
  return read_floats(run(tensors, more), "out");
}

void Folder::expect(std::initializer_list<std::string> parts, const Tensors& tensors, const Arguments& more) {
  expect_file(parts, write_tensors(in, tensors), more);
}

void Folder::expect_file(std::initializer_list<std::string> parts, const std::filesystem::path& input,
                         const Arguments& more, const std::string& output, int exit_code) {
  const std::vector<std::string> before = folder.names();
  const Finished finished = attend(input, folder / output, more);
  CHECK(finished.exit_code == exit_code);
  CHECK(finished.out.empty());
  CHECK(finished.err.starts_with("saccade: error: "));
  check_contains(finished.err, parts);
  CHECK(folder.names() == before);
}

}  // namespace saccade::test
