#pragma once

#include <memory>
#include <vector>

#include "io/files/input_file.hpp"
#include "io/formats/stored_tensor.hpp"

namespace saccade::io {

/// The tensors of an .npz, which is a zip archive of .npy files. A tensor's name is the entry's without
/// ".npy".
[[nodiscard]] std::vector<StoredTensor> read_npz(const std::shared_ptr<InputFile>& file);

}  // namespace saccade::io
