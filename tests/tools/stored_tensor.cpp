#include "tools/stored_tensor.hpp"

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace saccade::test {

Tensor floats(const std::string& name, const Integers& shape, const Floats& values) {
  return tensor(name, "F32", shape, values);
}

Tensor integers(const std::string& name, const Integers& values) {
  return tensor(name, "I64", {static_cast<std::int64_t>(values.size())}, values);
}

Tensor random_tensor(const std::string& name, const Integers& shape, unsigned seed) {
  return floats(name, shape, random_floats(elements_of(shape), seed));
}

std::int64_t elements_of(const Integers& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

Tensors with(Tensors tensors, const Tensor& changed) {
  for (Tensor& t : tensors) {
    if (t.name != changed.name) continue;
    t = changed;
    return tensors;
  }
  tensors.push_back(changed);
  return tensors;
}

std::filesystem::path write_tensors(const std::filesystem::path& path, const Tensors& tensors) {
  nlohmann::ordered_json header;
  std::string data;
  for (const Tensor& t : tensors) {
    header[t.name] = {
        {"dtype", t.type}, {"shape", t.shape}, {"data_offsets", {data.size(), data.size() + t.bytes.size()}}};
    data += t.bytes;
  }
  const std::string text = header.dump();
  const std::uint64_t size = text.size();
  std::string bytes(sizeof size, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  std::ofstream(path, std::ios::binary) << bytes << text << data;
  return path;
}

}  // namespace saccade::test
