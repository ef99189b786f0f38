#include "map/svg_grid.hpp"

#include <algorithm>
#include <cmath>

#include "map/colour_ramp.hpp"
#include "map/svg_parts.hpp"
#include "shell/figures.hpp"
#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

constexpr int margin = 16;
constexpr int gap = 8;
constexpr std::size_t most_cells = 48;  // along a side: a picture has no more pixels for them
constexpr int side = 96;

/// A plane's cells in a small picture: where there are more than it has room for, the greatest of a square.
struct Thumbnail {
  std::size_t rows, columns, bin;
  int cell;

  explicit Thumbnail(const AttentionMap& map) {
    const std::size_t longest = std::max<std::size_t>({map.keys(), map.queries(), 1});
    bin = (longest + most_cells - 1) / most_cells;
    rows = (map.queries() + bin - 1) / bin;
    columns = (map.keys() + bin - 1) / bin;
    cell = std::max(1, side / static_cast<int>((longest + bin - 1) / bin));
  }
  [[nodiscard]] int width() const { return cell * static_cast<int>(columns); }
  [[nodiscard]] int height() const { return cell * static_cast<int>(rows); }

  [[nodiscard]] float value(const AttentionMap& map, std::size_t plane, std::size_t row,
                            std::size_t column) const {
    float most = 0;
    for (std::size_t query = row * bin; query < std::min((row + 1) * bin, map.queries()); ++query) {
      const auto values = map.row(plane, query);
      for (std::size_t key = column * bin; key < std::min((column + 1) * bin, map.keys()); ++key) {
        if (std::isnan(values[key])) return values[key];
        most = std::max(most, values[key]);
      }
    }
    return most;
  }
};

std::string plane_at(int x, int y, const AttentionMap& map, std::size_t plane, const Thumbnail& thumbnail,
                     float most) {
  const auto level = [&](std::size_t row, std::size_t column) {
    return level_of(thumbnail.value(map, plane, row, column), most);
  };
  return outline_at(x, y, thumbnail.width(), thumbnail.height(), "#c9ccd6") +
         cells_at(x, y, thumbnail.cell, thumbnail.rows, thumbnail.columns, level);
}

/// Draws a mark beside the row of the chosen token.
std::string mark_at(int x, int y, const AttentionMap& map, const Thumbnail& thumbnail,
                    std::optional<std::int64_t> position) {
  const auto found = std::find(map.positions.begin(), map.positions.end(), position.value_or(-1));
  if (found == map.positions.end()) return "";
  const int row = static_cast<int>(static_cast<std::size_t>(found - map.positions.begin()) / thumbnail.bin);
  return "<path fill=\"#d1495b\" d=\"M" + std::to_string(x - 1) + " " +
         std::to_string(y + row * thumbnail.cell + thumbnail.cell / 2) + "l-5 -3v6z\"/>\n";
}

std::string subtitle(const AttentionMap& map, const Thumbnail& thumbnail,
                     std::optional<std::int64_t> position) {
  std::string text = count_of(static_cast<std::int64_t>(map.keys()), "token");
  if (thumbnail.bin > 1) {
    const std::string bin = std::to_string(thumbnail.bin);
    text += ", each cell the greatest of " + bin + " x " + bin;
  }
  if (position) text += ", marked: " + cut(map.tokens[static_cast<std::size_t>(*position)], 24);
  return text;
}

}  // namespace

std::string grid_of_planes(const AttentionMap& map, std::optional<std::int64_t> position) {
  const Thumbnail thumbnail(map);
  const float most = greatest(map.probabilities);
  int names = 0, head_names = 0;
  for (const std::string& layer : map.layers) names = std::max(names, text_width(layer, 12));
  for (const std::string& head : map.heads) head_names = std::max(head_names, text_width(head, 12));
  const int step_x = std::max(thumbnail.width(), head_names) + gap, step_y = thumbnail.height() + gap;
  const int left = margin + names + gap, top = margin + 62;
  const int right = left + step_x * static_cast<int>(map.heads.size());
  const int bottom = top + step_y * static_cast<int>(map.layers.size());
  const std::string under = subtitle(map, thumbnail, position);
  const std::string title = map.text.empty() ? "attention" : map.text;
  const int title_width = std::min(text_width(title, 15), 640);
  const int width = std::max(
      {right + margin + colour_bar_width, 2 * margin + text_width(under, 12), 2 * margin + title_width});
  std::string content =
      text_at(margin, margin + 12, cut(title, static_cast<std::size_t>((width - 2 * margin) / 10)),
              {.size = 15, .bold = true});
  content += text_at(margin, margin + 30, under, {.size = 12, .fill = "#5c6070"});
  for (std::size_t head = 0; head < map.heads.size(); ++head)
    content += text_at(left + step_x * static_cast<int>(head), top - gap, map.heads[head], {.size = 12});
  for (std::size_t layer = 0; layer < map.layers.size(); ++layer) {
    const int y = top + step_y * static_cast<int>(layer);
    content += text_at(margin, y + thumbnail.height() / 2 + 4, map.layers[layer], {.size = 12});
    for (std::size_t head = 0; head < map.heads.size(); ++head) {
      const int x = left + step_x * static_cast<int>(head);
      content += plane_at(x, y, map, layer * map.heads.size() + head, thumbnail, most);
      content += mark_at(x, y, map, thumbnail, position);
    }
  }
  const int bar = std::clamp(bottom - top - gap, 100, 300);
  content += colour_bar_at(right + margin / 2, top, bar, most);
  return svg_file(width, std::max(bottom, top + bar) + margin, title + ": attention of each layer and head",
                  content);
}

}  // namespace saccade::command
