#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "saccade/tensor_file.hpp"

namespace saccade::test {

/// Where reference data made elsewhere lies: $SACCADE_TEST_DATA, else the build's default.
inline std::filesystem::path data_root() {
  const char* root = std::getenv("SACCADE_TEST_DATA");
  return root != nullptr ? root : SACCADE_TEST_DATA_DEFAULT;
}

/// A whole tensor as fp32.
inline std::vector<float> read_tensor(const TensorFile& file, const std::string& name) {
  std::vector<float> values(static_cast<std::size_t>(file.at(name).elements()));
  file.read(name, 0, values);
  return values;
}

/// The same where the file has it, else nothing.
inline std::vector<float> read_tensor_if_there(const TensorFile& file, const std::string& name) {
  return file.find(name) == nullptr ? std::vector<float>() : read_tensor(file, name);
}

/// The only tensor of an .npy file.
inline std::vector<float> read_npy(const std::filesystem::path& path) {
  return read_tensor(TensorFile::open(path), "x");
}

}  // namespace saccade::test
