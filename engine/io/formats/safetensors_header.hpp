#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "saccade/tensor_file.hpp"

namespace saccade::io {

/// A tensor as a safetensors header describes it.
struct SafetensorsEntry {
  TensorInfo info;
  std::uint64_t begin = 0;  ///< counted from the end of the header
  std::uint64_t end = 0;
  std::string unreadable = {};  ///< as in StoredTensor
};

/// The tensors in the order of their bytes, which fill `data_size` bytes without overlap or hole.
[[nodiscard]] std::vector<SafetensorsEntry> parse_safetensors_header(const std::filesystem::path& path,
                                                                     const std::string& text,
                                                                     std::uint64_t data_size);

}  // namespace saccade::io
