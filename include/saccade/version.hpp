#pragma once

#include <string>
#include <string_view>

namespace saccade {

/// The library's version, "major.minor.patch".
[[nodiscard]] std::string_view version() noexcept;
/// Version of the oneTBB library that is running, such as "2021.8".
[[nodiscard]] std::string tbb_version();

}  // namespace saccade
