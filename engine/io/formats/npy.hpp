#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/files/errors.hpp"
#include "io/files/input_file.hpp"
#include "io/formats/stored_tensor.hpp"

namespace saccade::io {

inline constexpr std::string_view npy_magic{"\x93NUMPY", 6};
/// The name of the tensor of an .npy file, which stores none.
inline constexpr std::string_view npy_tensor_name = "x";

/// Reads the header of an .npy (versions 1.0, 2.0, 3.0) that fills `bytes`: a file, or an entry of an .npz.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
[[nodiscard]] StoredTensor read_npy(const Place& place, std::shared_ptr<ByteSource> bytes);

/// The header of an .npy file, byte for byte as numpy.save writes it.
[[nodiscard]] std::string npy_header(const TensorInfo& tensor);

}  // namespace saccade::io
