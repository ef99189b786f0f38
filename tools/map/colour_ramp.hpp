#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace saccade::command {

/// From nothing to much, as 0xrrggbb: equal steps of lightness (0.985 to 0.27) in Oklab (Ottosson 2020),
/// which the eye finds equal, in hues from 195 to 280 degrees; it prints in grey, and colour-blind people can
/// read it.
inline constexpr std::array<std::uint32_t, 17> colour_steps = {
    0xeffdfd, 0xcaf5f7, 0xa8eaf2, 0x87deee, 0x68d0ea, 0x4bc2e6, 0x30b3e0, 0x1aa3d9, 0x0f92cf,
    0x1582c3, 0x1f72b5, 0x2763a4, 0x2c5491, 0x2e467c, 0x2d3a65, 0x292f4e, 0x232535};

inline constexpr int greatest_level = 255;
/// The level of a value that is NaN.
inline constexpr int no_level = -1;

/// The level, 0 to greatest_level, of `value` as a share of `most`.
[[nodiscard]] int level_of(float value, float most) noexcept;

/// "#1aa3d9", between the steps by whole numbers.
[[nodiscard]] std::string colour_of(int level);

}  // namespace saccade::command
