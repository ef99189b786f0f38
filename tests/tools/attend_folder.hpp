#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>

#include "fixtures/temporary_folder.hpp"
#include "tools/command.hpp"
#include "tools/stored_tensor.hpp"

namespace saccade::test {

/// Runs `saccade attend input -o output`.
Finished attend(const std::filesystem::path& input, const std::filesystem::path& output,
                const Arguments& more = {});
/// The same; it must end well.
Finished attended(const std::filesystem::path& input, const std::filesystem::path& output,
                  const Arguments& more = {});

/// A folder with a file that the command reads and one that it writes.
struct Folder {
  TemporaryFolder folder;
  std::filesystem::path in = folder / "in.safetensors";
  std::filesystem::path out = folder / "out.safetensors";

  /// What the command writes for these tensors.
  const std::filesystem::path& run(const Tensors& tensors, const Arguments& more = {});
  /// The tensor "out" of it.
  Floats out_of(const Tensors& tensors, const Arguments& more = {});

  /// It must fail, with nothing written and a message that has all of `parts`.
  void expect(std::initializer_list<std::string> parts, const Tensors& tensors, const Arguments& more = {});
  void expect_file(std::initializer_list<std::string> parts, const std::filesystem::path& input,
                   const Arguments& more = {}, const std::string& output = "not.npz", int exit_code = 1);
};

}  // namespace saccade::test
