#include "map/svg_view.hpp"

#include <algorithm>

#include "map/colour_ramp.hpp"
#include "map/svg_grid.hpp"
#include "map/svg_parts.hpp"
#include "shell/figures.hpp"
#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

constexpr int margin = 16;
constexpr int gap = 6;
constexpr std::size_t longest_label = 18;
constexpr const char* marked = "#d1495b";

/// The layout of the picture of one plane, in pixels.
struct Places {
  int cell = 0, font = 0;
  int left = 0, top = 0;  ///< of the cells
  int columns_width = 0, rows_height = 0;

  explicit Places(const AttentionMap& map) {
    const int keys = static_cast<int>(map.keys()), queries = static_cast<int>(map.queries());
    cell = std::clamp(640 / std::max(keys, 1), 10, 40);
    font = std::min(cell - 1, 13);
    int labels = 0;
    for (const std::string& token : map.tokens)
      labels = std::max(labels, text_width(cut(token, longest_label), font));
    left = margin + labels + gap;
    top = margin + 44 + labels + gap;
    columns_width = cell * keys;
    rows_height = cell * queries;
  }
  [[nodiscard]] int bar_height() const { return std::clamp(rows_height, 100, 300); }
};

std::string labels(const AttentionMap& map, const Places& at, std::optional<std::int64_t> position) {
  std::string text;
  const int middle = at.cell / 2 + at.font * 3 / 8;
  for (std::size_t query = 0; query < map.queries(); ++query) {
    const bool bold = position == map.positions[query];
    text += text_at(at.left - gap, at.top + at.cell * static_cast<int>(query) + middle,
                    cut(map.query(query), longest_label), {.size = at.font, .bold = bold, .anchor = "end"});
  }
  for (std::size_t key = 0; key < map.keys(); ++key) {
    const bool bold = position == static_cast<std::int64_t>(key);
    text += text_at(at.left + at.cell * static_cast<int>(key) + middle, at.top - gap,
                    cut(map.tokens[key], longest_label), {.size = at.font, .bold = bold, .upwards = true});
  }
  return text;
}

/// Draws percentages where the cells are large enough.
std::string values(const AttentionMap& map, const Places& at, float most) {
  std::string text;
  for (std::size_t query = 0; at.cell >= 34 && query < map.queries(); ++query) {
    const auto row = map.row(0, query);
    for (std::size_t key = 0; key < row.size(); ++key) {
      const bool dark = level_of(row[key], most) > greatest_level / 2;
      text += text_at(at.left + at.cell * static_cast<int>(key) + at.cell / 2,
                      at.top + at.cell * static_cast<int>(query) + at.cell / 2 + 4,
                      fixed(100 * static_cast<double>(row[key]), 1),
                      {.size = 10, .anchor = "middle", .fill = dark ? "#ffffff" : "#1b1d23"});
    }
  }
  return text;
}

std::string outline_of_row(const AttentionMap& map, const Places& at, std::optional<std::int64_t> position) {
  const auto found = std::find(map.positions.begin(), map.positions.end(), position.value_or(-1));
  if (found == map.positions.end()) return "";
  const int row = static_cast<int>(found - map.positions.begin());
  return outline_at(at.left, at.top + row * at.cell, at.columns_width, at.cell, marked);
}

std::string heat_map(const AttentionMap& map, std::optional<std::int64_t> position) {
  const Places at(map);
  const float most = greatest(map.probabilities);
  const std::string title = map.title(0), subtitle = "each row attends to the columns";
  const auto level = [&](std::size_t query, std::size_t key) {
    return level_of(map.row(0, query)[key], most);
  };
  const int bar_left = at.left + at.columns_width + margin;
  const int width = std::max({bar_left + colour_bar_width + margin, margin * 2 + text_width(title, 15),
                              margin * 2 + text_width(subtitle, 12)});
  const std::string text = cut(map.text, static_cast<std::size_t>((width - 2 * margin) / 8));
  std::string content = text_at(margin, margin + 12, title, {.size = 15, .bold = true});
  content += text_at(margin, margin + 32, text.empty() ? subtitle : text, {.size = 12, .fill = "#5c6070"});
  content += labels(map, at, position);
  content += cells_at(at.left, at.top, at.cell, map.queries(), map.keys(), level);
  content += values(map, at, most);
  content += outline_of_row(map, at, position);
  content += colour_bar_at(bar_left, at.top, at.bar_height(), most);
  const int height = at.top + std::max(at.rows_height, at.bar_height()) + margin;
  return svg_file(width, height, map.text + ": " + title + ", " + subtitle, content);
}

}  // namespace

std::string as_svg(const AttentionMap& map, std::optional<std::int64_t> position) {
  return map.planes() == 1 ? heat_map(map, position) : grid_of_planes(map, position);
}

}  // namespace saccade::command
