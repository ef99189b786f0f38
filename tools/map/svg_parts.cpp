#include "map/svg_parts.hpp"

#include <map>

#include "map/colour_ramp.hpp"
#include "shell/figures.hpp"
#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

std::string number(int n) {
  return std::to_string(n);
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

int text_width(std::string_view text, int font_size) {
  return static_cast<int>(columns_of(text)) * font_size * 2 / 3 + 2;
}

std::string text_at(int x, int y, std::string_view text, const TextStyle& style) {
  std::string element = "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" font-size=\"" +
                        number(style.size) + "\" fill=\"" + style.fill + "\"";
  if (style.anchor != std::string_view("start"))
    element += std::string(" text-anchor=\"") + style.anchor + "\"";
  if (style.bold) element += " font-weight=\"bold\"";
  if (style.upwards) element += " transform=\"rotate(-90 " + number(x) + " " + number(y) + ")\"";
  return element + ">" + escaped(text) + "</text>\n";
}

std::string cells_at(int x, int y, int size, std::size_t rows, std::size_t columns,
                     const std::function<int(std::size_t, std::size_t)>& level) {
  // A path for each level: a stroke along every run of cells that have it.
  std::map<int, std::string> paths;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t begin = 0, end = 0; begin < columns; begin = end) {
      const int here = level(row, begin);
      while (end < columns && level(row, end) == here) ++end;
      paths[here] +=
          "M" + std::to_string(begin) + " " + std::to_string(row) + ".5h" + std::to_string(end - begin);
    }
  }
  const std::string scale = number(size);
  std::string group = "<g transform=\"translate(" + number(x) + " " + number(y) + ") scale(" + scale +
                      ")\" fill=\"none\" stroke-width=\"1\" shape-rendering=\"crispEdges\">\n";
  for (const auto& [of_level, path] : paths)
    group += "<path stroke=\"" + colour_of(of_level) + "\" d=\"" + path + "\"/>\n";
  return group + "</g>\n";
}

std::string outline_at(int x, int y, int width, int height, const char* colour) {
  return "<path fill=\"none\" stroke=\"" + std::string(colour) + "\" shape-rendering=\"crispEdges\" d=\"M" +
         number(x - 1) + ".5 " + number(y - 1) + ".5h" + number(width + 1) + "v" + number(height + 1) + "h-" +
         number(width + 1) + "z\"/>\n";
}

std::string colour_bar_at(int x, int y, int height, float most) {
  constexpr int width = 12, ticks = 4;
  const int rows = height;
  const auto level = [&](std::size_t row, std::size_t) {
    return greatest_level - static_cast<int>(row) * greatest_level / (rows - 1);
  };
  std::string bar;
  bar += "<g transform=\"translate(" + number(x) + " " + number(y) + ")\">\n<g transform=\"scale(" +
         number(width) + " 1)\">\n" + cells_at(0, 0, 1, static_cast<std::size_t>(rows), 1, level) + "</g>\n";
  for (int tick = 0; tick <= ticks; ++tick) {
    const double value = static_cast<double>(most) * tick / ticks;
    const int at = (rows - 1) - (rows - 1) * tick / ticks;
    bar += "<path stroke=\"#1b1d23\" d=\"M" + number(width) + " " + number(at) + ".5h4\"/>\n";
    bar += text_at(width + 7, at + 4, fixed(100 * value, 1) + " %", {.size = 11});
  }
  return bar + "</g>\n";
}

std::string svg_file(int width, int height, std::string_view title, std::string_view content) {
  const std::string w = number(width), h = number(height);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h + "\" viewBox=\"0 0 " +
         w + " " + h +
         "\" role=\"img\" font-family=\"'DejaVu Sans', Verdana, 'Noto Sans', 'Noto Sans CJK SC', "
         "sans-serif\">\n"
         "<title>" +
         escaped(title) + "</title>\n<rect width=\"" + w + "\" height=\"" + h + "\" fill=\"#ffffff\"/>\n" +
         std::string(content) + "</svg>\n";
}

}  // namespace saccade::command
