#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace saccade::command {

// Parts of SVG pictures. Lengths are whole pixels, so that cells are drawn without
// blending.

/// A text with its XML characters escaped.
[[nodiscard]] std::string escaped(std::string_view text);

/// An upper estimate of the width of a text in pixels; fonts differ.
[[nodiscard]] int text_width(std::string_view text, int font_size);

struct TextStyle {
  int size = 12;
  bool bold = false;
  const char* anchor = "start";  ///< where x is: start, middle or end
  bool upwards = false;          ///< written from bottom to top
  const char* fill = "#1b1d23";
};
[[nodiscard]] std::string text_at(int x, int y, std::string_view text, const TextStyle& style);

/// Cells of `size` pixels from (x, y) on; level(row, column) is 0 to 255 or no_level.
[[nodiscard]] std::string cells_at(int x, int y, int size, std::size_t rows, std::size_t columns,
                                   const std::function<int(std::size_t, std::size_t)>& level);

/// The outline of a rectangle, drawn around the cells.
[[nodiscard]] std::string outline_at(int x, int y, int width, int height, const char* colour);

/// A bar of all levels with numbers at its right, from 0 at the bottom to `most` (of 1) at the top.
[[nodiscard]] std::string colour_bar_at(int x, int y, int height, float most);
inline constexpr int colour_bar_width = 70;

/// The whole file. `title` is what it tells a reader who does not see.
[[nodiscard]] std::string svg_file(int width, int height, std::string_view title, std::string_view content);

}  // namespace saccade::command
