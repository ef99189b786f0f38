#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fixtures/tensors.hpp"

namespace saccade::test {

using Bytes = std::vector<std::uint8_t>;

/// A tensor of any type, as .safetensors has it.
struct Tensor {
  std::string name;
  std::string type;
  Integers shape;
  std::string bytes;
};
using Tensors = std::vector<Tensor>;

template <class Value>
Tensor tensor(const std::string& name, const std::string& type, const Integers& shape,
              const std::vector<Value>& values) {
  return {name, type, shape, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)}};
}

Tensor floats(const std::string& name, const Integers& shape, const Floats& values);
Tensor integers(const std::string& name, const Integers& values);
Tensor random_tensor(const std::string& name, const Integers& shape, unsigned seed = 7);

std::int64_t elements_of(const Integers& shape);

/// The tensors with this one in place of that of its name, or behind them.
Tensors with(Tensors tensors, const Tensor& changed);

/// To a .safetensors file.
std::filesystem::path write_tensors(const std::filesystem::path& path, const Tensors& tensors);

}  // namespace saccade::test
