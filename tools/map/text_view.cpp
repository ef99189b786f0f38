#include "map/text_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "shell/figures.hpp"
#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

constexpr std::size_t longest_name = 24;
constexpr std::size_t bar_columns = 24;

constexpr const char* plain = "\x1b[0m";
constexpr const char* bold = "\x1b[1m";
constexpr const char* blue = "\x1b[34m";
constexpr const char* faint = "\x1b[2m";

std::string styled(const char* style, const std::string& text, bool colour) {
  return colour ? style + text + plain : text;
}

/// A key and its probability.
struct Attended {
  std::size_t key = 0;
  double mean = 0;  ///< over planes
  float most = 0;   ///< of the plane that attends to it most
  std::size_t plane = 0;
};

/// The keys of one query in the order in which they are shown.
std::vector<Attended> attended_by(const AttentionMap& map, std::size_t query) {
  std::vector<Attended> attended(map.keys());
  for (std::size_t plane = 0; plane < map.planes(); ++plane) {
    const auto row = map.row(plane, query);
    for (std::size_t key = 0; key < row.size(); ++key) {
      Attended& to = attended[key];
      to.key = key;
      to.mean += static_cast<double>(row[key]) / static_cast<double>(map.planes());
      if (row[key] > to.most) {
        to.most = row[key];
        to.plane = plane;
      }
    }
  }
  return attended;
}

std::string planes_text(const AttentionMap& map) {
  if (map.planes() == 1) return map.title(0);
  std::string text = "mean of ";
  if (map.layers.size() > 1) text += count_of(static_cast<std::int64_t>(map.layers.size()), "layer");
  if (map.layers.size() == 1 && !map.layers[0].empty()) text = map.layers[0] + ", " + text;
  if (map.heads.size() > 1)
    text +=
        (map.layers.size() > 1 ? " x " : "") + count_of(static_cast<std::int64_t>(map.heads.size()), "head");
  return text + (map.heads.size() == 1 && !map.heads[0].empty() ? ", " + map.heads[0] : "");
}

std::string rest_of(std::span<const Attended> rest, std::size_t name_columns) {
  if (rest.empty()) return "";
  const double sum = std::accumulate(rest.begin(), rest.end(), 0.0,
                                     [](double so_far, const Attended& to) { return so_far + to.mean; });
  const std::string name = "and " + with_commas(static_cast<std::int64_t>(rest.size())) + " more";
  return "  " + padded(name, name_columns + 6) + "  " + percent(sum) + "\n";
}

/// The width in columns of the longest of these names.
template <class Keys, class KeyOf>
std::size_t columns_for(const AttentionMap& map, const Keys& keys, std::size_t least, KeyOf key_of) {
  for (const auto& key : keys)
    least = std::max(least, std::min(longest_name, columns_of(map.tokens[key_of(key)])));
  return least;
}

}  // namespace

std::string bars(const AttentionMap& map, std::size_t query, std::size_t most, bool colour) {
  std::vector<Attended> attended = attended_by(map, query);
  std::stable_sort(attended.begin(), attended.end(),
                   [](const Attended& a, const Attended& b) { return a.mean > b.mean; });
  const auto shown = std::span(attended).first(std::min(attended.size(), most));
  const std::size_t columns = columns_for(map, shown, 12, [](const Attended& to) { return to.key; });
  const bool several = map.planes() > 1;
  std::string text = styled(bold, "\"" + map.query(query) + "\"", colour) + " (token " +
                     std::to_string(map.positions[query]) + ") attends to\n";
  text += styled(faint,
                 "  " + padded("token", columns) + right_aligned("at", 6) + "  " +
                     padded(planes_text(map), 9 + bar_columns) + (several ? " most" : ""),
                 colour) +
          "\n";
  for (const Attended& to : shown) {
    const double share = shown.front().mean > 0 ? to.mean / shown.front().mean : 0;
    text += "  " + padded(cut(map.tokens[to.key], longest_name), columns) +
            right_aligned(std::to_string(to.key), 6) + "  " + percent(to.mean) + "  " +
            styled(blue, bar(share, bar_columns), colour);
    if (several) text += percent(static_cast<double>(to.most)) + " in " + map.title(to.plane);
    text += "\n";
  }
  return text + rest_of(std::span(attended).subspan(shown.size()), columns);
}

namespace {

/// A cell of the heat map for a share of the largest probability: one of 5 blocks, or of 9 greys.
std::string shade(double share, bool colour) {
  constexpr std::array<const char*, 5> blocks = {"  ", "░░", "▒▒", "▓▓", "██"};
  // Of a terminal's 256 colours: the grey ramp from near black to white.
  constexpr std::array<int, 9> greys = {233, 236, 239, 242, 245, 248, 251, 254, 231};
  const double clamped = std::isnan(share) ? 0 : std::clamp(share, 0.0, 1.0);
  if (!colour) return blocks[static_cast<std::size_t>(std::lround(clamped * 4))];
  const int grey = greys[static_cast<std::size_t>(std::lround(clamped * 8))];
  return "\x1b[48;5;" + std::to_string(grey) + "m  " + plain;
}

}  // namespace

std::string shaded_matrix(const AttentionMap& map, bool colour) {
  std::vector<std::vector<Attended>> rows;
  double most = 0;
  for (std::size_t query = 0; query < map.queries(); ++query) {
    rows.push_back(attended_by(map, query));
    for (const Attended& to : rows.back()) most = std::max(most, to.mean);
  }
  std::size_t columns = 5;
  for (std::size_t query = 0; query < map.queries(); ++query)
    columns = std::max(columns, std::min(longest_name, columns_of(map.query(query))));
  std::string text =
      styled(bold, planes_text(map), colour) + ": each row attends to the columns, in the same order\n";
  std::string numbers = "  " + std::string(columns + 6, ' ') + " ";
  for (std::size_t key = 0; key < map.keys(); ++key) numbers += right_aligned(std::to_string(key % 100), 2);
  text += styled(faint, numbers, colour) + "\n";
  for (std::size_t query = 0; query < map.queries(); ++query) {
    text += "  " + padded(cut(map.query(query), longest_name), columns) +
            right_aligned(std::to_string(map.positions[query]), 6) + " ";
    for (const Attended& to : rows[query]) text += shade(most > 0 ? to.mean / most : 0, colour);
    text += "\n";
  }
  text += "  " + std::string(columns + 7, ' ');
  for (int step = 0; step <= 8; ++step) text += shade(step / 8.0, colour);
  return text + "  0 to " + fixed(100 * most, 1) + " %\n";
}

std::string lines_of(const TopMap& top, bool colour) {
  const AttentionMap& map = top.map;
  const std::size_t columns = columns_for(
      map, map.positions, 5, [](std::int64_t position) { return static_cast<std::size_t>(position); });
  std::string text;
  std::size_t at = 0;
  for (std::size_t plane = 0; plane < map.planes(); ++plane) {
    text += (plane > 0 ? "\n" : "") + styled(bold, map.title(plane), colour) + "\n";
    for (std::size_t query = 0; query < map.queries(); ++query) {
      text += "  " + padded(cut(map.query(query), longest_name), columns) +
              right_aligned(std::to_string(map.positions[query]), 6) + " ";
      for (std::size_t i = 0; i < top.k; ++i, ++at) {
        if (top.keys[at] < 0) continue;
        text += percent(static_cast<double>(map.probabilities[at])) + " " +
                cut(map.tokens[static_cast<std::size_t>(top.keys[at])], longest_name) +
                styled(faint, " " + std::to_string(top.keys[at]), colour);
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace saccade::command
