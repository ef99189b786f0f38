#include "run/attention_view.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>

#include "saccade/error.hpp"
#include "shell/figures.hpp"
#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

constexpr std::size_t shown_tokens = 8;
constexpr std::size_t bar_columns = 24;

/// A key and its probability.
struct Attended {
  std::size_t key = 0;
  float mean = 0;  ///< over heads
  float most = 0;  ///< of the head that attends to it most
  std::int64_t head = 0;
};

/// The keys of one query, most attended first.
std::vector<Attended> most_attended(const SequenceProbabilities& map, std::size_t query) {
  const auto keys = static_cast<std::size_t>(map.keys);
  const auto head_size = static_cast<std::size_t>(map.queries) * keys;
  std::vector<Attended> attended(keys);
  for (std::size_t key = 0; key < keys; ++key) attended[key].key = key;
  for (std::int64_t head = 0; head < map.heads; ++head) {
    const auto row = map.values.subspan(static_cast<std::size_t>(head) * head_size + query * keys, keys);
    for (Attended& to : attended) {
      to.mean += row[to.key] / static_cast<float>(map.heads);
      if (row[to.key] > to.most) std::tie(to.most, to.head) = std::pair(row[to.key], head);
    }
  }
  std::stable_sort(attended.begin(), attended.end(),
                   [](const Attended& a, const Attended& b) { return a.mean > b.mean; });
  return attended;
}

std::string line_of(const Attended& to, const TokenNames& names, std::size_t name_columns, float longest) {
  return "  " + padded(names.tokens[to.key], name_columns) + right_aligned(std::to_string(to.key), 6) + "  " +
         percent(to.mean) + "  " + bar(longest > 0 ? to.mean / longest : 0, bar_columns) + percent(to.most) +
         " in head " + std::to_string(to.head) + "\n";
}

std::string rest_of(std::span<const Attended> attended, std::size_t name_columns) {
  if (attended.empty()) return "";
  const float sum = std::accumulate(attended.begin(), attended.end(), 0.0f,
                                    [](float so_far, const Attended& to) { return so_far + to.mean; });
  const std::string name = "and " + std::to_string(attended.size()) + " more";
  return "  " + padded(name, name_columns + 6) + "  " + percent(sum) + "\n";
}

std::string describe(const TokenNames& names, const SequenceProbabilities& map, std::size_t query,
                     std::int64_t position) {
  const std::vector<Attended> attended = most_attended(map, query);
  const std::span<const Attended> shown = std::span(attended).first(std::min(attended.size(), shown_tokens));
  std::size_t name_columns = 12;
  for (const Attended& to : shown) name_columns = std::max(name_columns, columns_of(names.tokens[to.key]));
  std::string text = "\"" + names.tokens[static_cast<std::size_t>(position)] + "\" (token " +
                     std::to_string(position) + ") attends to\n";
  text += "  " + padded("token", name_columns) + right_aligned("at", 6) + "  " +
          padded("mean of " + std::to_string(map.heads) + (map.heads == 1 ? " head" : " heads"),
                 9 + bar_columns) +
          "most\n";
  for (const Attended& to : shown) text += line_of(to, names, name_columns, shown.front().mean);
  return text + rest_of(std::span(attended).subspan(shown.size()), name_columns);
}

}  // namespace

AttentionView::AttentionView(std::filesystem::path path, std::vector<std::int64_t> rows)
    : path_(std::move(path)), rows_(std::move(rows)), names_(read_token_names(path_)) {}

const TokenNames& AttentionView::names_of(const SequenceProbabilities& map) const {
  const auto sequence = static_cast<std::size_t>(map.sequence);
  const std::string number = std::to_string(map.sequence);
  const auto has = [&](std::size_t count, const std::string& thing) {
    return path_.string() + ": has " + count_of(static_cast<std::int64_t>(count), thing);
  };
  if (sequence >= names_.size())
    throw Error(ErrorCode::invalid_argument, has(names_.size(), "sequence") + ", none numbered " + number);
  const TokenNames& names = names_[sequence];
  if (names.tokens.size() != static_cast<std::size_t>(map.keys))
    throw Error(ErrorCode::invalid_argument, has(names.tokens.size(), "token") + " for sequence " + number +
                                                 "; the input has " + std::to_string(map.keys));
  return names;
}

void AttentionView::add(const SequenceProbabilities& map) {
  const TokenNames& names = names_of(map);
  text_ += (text_.empty() ? "" : "\n") + ("sequence " + std::to_string(map.sequence));
  text_ += names.text.empty() ? "\n" : ": " + names.text + "\n";
  for (std::size_t query = 0; query < rows_.size(); ++query)
    text_ += "\n" + describe(names, map, query, rows_[query]);
}

}  // namespace saccade::command
