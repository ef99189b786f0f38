#include "map/colour_ramp.hpp"

#include <algorithm>
#include <cmath>

namespace saccade::command {

int level_of(float value, float most) noexcept {
  if (std::isnan(value)) return no_level;
  if (!(most > 0)) return 0;
  const double share = std::clamp(static_cast<double>(value) / static_cast<double>(most), 0.0, 1.0);
  return static_cast<int>(share * greatest_level + 0.5);
}

std::string colour_of(int level) {
  constexpr const char* digits = "0123456789abcdef";
  if (level == no_level) return "#b0b0b0";
  const int scaled = level * static_cast<int>(colour_steps.size() - 1);
  const auto step = static_cast<std::size_t>(scaled / greatest_level);
  const int part = scaled % greatest_level;
  std::string colour = "#";
  for (const int shift : {16, 8, 0}) {
    const auto channel = [&](std::size_t i) { return static_cast<int>(colour_steps[i] >> shift & 0xff); };
    const int from = channel(step), to = channel(std::min(step + 1, colour_steps.size() - 1));
    const int value = (from * (greatest_level - part) + to * part + greatest_level / 2) / greatest_level;
    colour += digits[value / 16];
    colour += digits[value % 16];
  }
  return colour;
}

}  // namespace saccade::command
