#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/files/errors.hpp"

namespace saccade::io {

/// The members of an .npy header, which is a Python dictionary literal.
struct NpyDictionary {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

[[nodiscard]] NpyDictionary parse_npy_dictionary(const Place& place, std::string_view text);

}  // namespace saccade::io
