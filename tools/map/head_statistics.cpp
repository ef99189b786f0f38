#include "map/head_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "shell/figures.hpp"
#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

void add_key(HeadStatistics& sum, const std::string& token, std::int64_t distance, double p) {
  if (p > 0) sum.entropy -= p * std::log2(p);
  sum.distance += p * static_cast<double>(std::llabs(distance));
  if (token == "[CLS]" || token == "<s>") sum.cls += p;
  if (token == "[SEP]" || token == "</s>") sum.sep += p;
  if (distance == 0) sum.itself += p;
  if (distance == -1) sum.previous += p;
  if (distance == 1) sum.next += p;
}

HeadStatistics of_plane(const AttentionMap& map, std::size_t plane) {
  HeadStatistics mean;
  mean.name = map.title(plane);
  for (std::size_t query = 0; query < map.queries(); ++query) {
    const auto row = map.row(plane, query);
    for (std::size_t key = 0; key < row.size(); ++key)
      add_key(mean, map.tokens[key], static_cast<std::int64_t>(key) - map.positions[query],
              static_cast<double>(row[key]));
  }
  for (double* const value :
       {&mean.entropy, &mean.distance, &mean.cls, &mean.sep, &mean.itself, &mean.previous, &mean.next})
    *value /= static_cast<double>(map.queries());
  return mean;
}

}  // namespace

std::vector<HeadStatistics> head_statistics(const AttentionMap& map) {
  std::vector<HeadStatistics> all;
  for (std::size_t plane = 0; plane < map.planes(); ++plane) all.push_back(of_plane(map, plane));
  return all;
}

std::string as_table(const std::vector<HeadStatistics>& statistics) {
  std::size_t name_columns = 4;
  for (const HeadStatistics& head : statistics) name_columns = std::max(name_columns, columns_of(head.name));
  std::string table = padded("", name_columns);
  for (const char* title : {"entropy", "distance", "[CLS]", "[SEP]", "itself", "previous", "next"})
    table += right_aligned(title, 10);
  table += "\n";
  for (const HeadStatistics& head : statistics) {
    table += padded(head.name, name_columns) + right_aligned(fixed(head.entropy, 2), 10) +
             right_aligned(fixed(head.distance, 1), 10);
    for (const double share : {head.cls, head.sep, head.itself, head.previous, head.next})
      table += right_aligned(percent(share), 10);
    table += "\n";
  }
  return table + "Means over tokens; entropy in bits, distance in tokens, shares of the probability.\n";
}

std::string as_json(const std::vector<HeadStatistics>& statistics) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const HeadStatistics& head : statistics)
    list.push_back({{"name", head.name},
                    {"entropy", head.entropy},
                    {"distance", head.distance},
                    {"cls", head.cls},
                    {"sep", head.sep},
                    {"itself", head.itself},
                    {"previous", head.previous},
                    {"next", head.next}});
  return list.dump(1) + "\n";
}

}  // namespace saccade::command
