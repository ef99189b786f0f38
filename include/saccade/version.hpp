#pragma once

#include <string>
#include <string_view>

#include "saccade/export.hpp"

namespace saccade {

/// The library's version, "major.minor.patch".
SACCADE_API [[nodiscard]] std::string_view version() noexcept;
/// Version of the oneTBB library that is running, such as "2021.8".
SACCADE_API [[nodiscard]] std::string tbb_version();

}  // namespace saccade
