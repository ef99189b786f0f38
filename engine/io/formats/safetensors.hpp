#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/files/input_file.hpp"
#include "io/formats/stored_tensor.hpp"

namespace saccade::io {

/// The tensors of a .safetensors file, in the order of their bytes: eight bytes of header length, a JSON
/// header, and then the tensors' bytes without holes. https://github.com/huggingface/safetensors#format
[[nodiscard]] std::vector<StoredTensor> read_safetensors(const std::shared_ptr<InputFile>& file);

/// The first bytes of a file in which these tensors lie in this order, header length included; padded with
/// blanks to `least` bytes where it is shorter. Names must be UTF-8 and unique.
[[nodiscard]] std::string safetensors_header(const std::filesystem::path& path,
                                             std::span<const TensorInfo> tensors, std::size_t least = 0);

/// Where everything of a file to be written is.
struct SafetensorsLayout {
  std::string header;                 ///< the file's first bytes, with the length
  std::vector<std::uint64_t> begins;  ///< of each tensor in the file
};

/// Tensors with larger elements come first, so that each is aligned to its elements. Names must be UTF-8 and
/// unique.
[[nodiscard]] SafetensorsLayout safetensors_layout(const std::filesystem::path& path,
                                                   std::span<const TensorInfo> tensors);

}  // namespace saccade::io
