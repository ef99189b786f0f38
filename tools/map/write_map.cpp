#include "map/write_map.hpp"

#include <iostream>
#include <vector>

#include "saccade/tensor_file.hpp"
#include "saccade/write_file.hpp"

namespace saccade::command {
namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> shape_of(const AttentionMap& map, std::size_t columns) {
  std::vector<std::int64_t> shape;
  for (const std::size_t size : {map.layers.size(), map.heads.size(), map.queries(), columns})
    shape.push_back(static_cast<std::int64_t>(size));
  return shape;
}

}  // namespace

void write_tensors(const AttentionMap& map, const fs::path& path) {
  constexpr const char* name = "probabilities_0";
  TensorFileWriter file(path, {{name, StorageType::f32, shape_of(map, map.keys())}});
  file.append(name, map.probabilities);
  file.commit();
}

void write_tensors(const TopMap& top, const fs::path& path) {
  const std::vector<std::int64_t> shape = shape_of(top.map, top.k);
  TensorFileWriter file(
      path, {{"topk_keys", StorageType::i32, shape}, {"topk_probabilities", StorageType::f32, shape}});
  const std::vector<std::int64_t> wide(top.keys.begin(), top.keys.end());  // as the writer takes integers
  file.append("topk_keys", wide);
  file.append("topk_probabilities", top.map.probabilities);
  file.commit();
}

void write_bytes(std::string_view bytes, const fs::path& path) {
  if (path.empty() || path == "-") {
    std::cout << bytes;
  } else {
    write_file(path, bytes);
  }
}

}  // namespace saccade::command
