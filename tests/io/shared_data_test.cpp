// Files that other programs wrote: numpy, safetensors.

#include <doctest/doctest.h>

#include <cmath>

#include "fixtures/paths.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/test_data.hpp"

namespace saccade {
namespace {

namespace fs = std::filesystem;

bool is_float(StorageType type) {
  return type == StorageType::f16 || type == StorageType::bf16 || type == StorageType::f32 ||
         type == StorageType::f64;
}

/// Opens and reads it all; gives the number of floats that were read, which must not be NaN.
std::size_t read_file(const fs::path& path) {
  const TensorFile file = TensorFile::open(path);
  std::size_t count = 0;
  for (const TensorInfo& tensor : file.tensors()) {
    if (tensor.type == StorageType::i32 || tensor.type == StorageType::i64) {
      CHECK(file.read_integers(tensor.name).size() == static_cast<std::size_t>(tensor.elements()));
    }
    if (!is_float(tensor.type)) continue;
    const std::vector<float> values = test::read_tensor(file, tensor.name);
    count += values.size();
    for (const float value : values) {
      if (std::isnan(value)) FAIL_CHECK(path.string(), ": ", tensor.name, " has a NaN");
    }
  }
  return count;
}

void read_files(const std::string& folder, const std::string& extension) {
  for (const fs::path& path : test::test_data(folder, extension)) {
    INFO(path.string());
    CHECK(read_file(path) > 0);
  }
}

TEST_CASE("shared data: self-attention-layer") {
  read_files("self-attention-layer", ".safetensors");
}

TEST_CASE("outside data: models") {
  for (const std::string extension : {".npz", ".safetensors"}) read_files("models", extension);
}

TEST_CASE("outside data: gpt-nano-sort") {
  for (const fs::path& path : test::test_data("models/gpt-nano-sort", ".npy")) {
    INFO(path.string());
    CHECK_NOTHROW(static_cast<void>(TensorFile::open(path)));
  }
}

TEST_CASE("shared data: what saccade-mini's sample.npz holds") {
  const fs::path path = test::data_path("models/saccade-mini/sample.npz");
  if (test::lacks(path)) return;
  const TensorFile file = TensorFile::open(path);
  const std::vector<std::int64_t> offsets = file.read_integers("offsets");
  REQUIRE(file.at("x").shape.size() == 2);
  CHECK(offsets.front() == 0);
  CHECK(offsets.back() == file.at("x").shape[0]);
  CHECK(file.at("x").shape[1] == 128);
}

}  // namespace
}  // namespace saccade
