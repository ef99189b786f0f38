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

/// The header of a file whose tensors have this order, with its length; padded with blanks to at least
/// `least` bytes. Names must be UTF-8 and unique.
[[nodiscard]] std::string safetensors_header(const std::filesystem::path& path,
                                             std::span<const TensorInfo> tensors, std::size_t least = 0);

/// The layout of a file to be written.
struct SafetensorsLayout {
  std::string header;                 ///< with its length
  std::vector<std::uint64_t> begins;  ///< offset of each tensor in the file
};

/// Tensors with larger elements come first, so that each is aligned to its elements. Names must be UTF-8 and
/// unique.
[[nodiscard]] SafetensorsLayout safetensors_layout(const std::filesystem::path& path,
                                                   std::span<const TensorInfo> tensors);

}  // namespace saccade::io
