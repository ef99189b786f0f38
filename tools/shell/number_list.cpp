#include "shell/number_list.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <sstream>

#include "shell/numbers.hpp"

namespace saccade::command {
namespace {

constexpr std::size_t most_numbers = 10'000;

/// Numbers from `first` to `last`, each the one before times `factor` plus `step`.
struct Range {
  std::int64_t first = 0, last = 0, factor = 1, step = 1;

  [[nodiscard]] bool ends() const { return first <= last && (factor > 1 ? first > 0 : step > 0); }
  [[nodiscard]] bool has_next(std::int64_t number) const {
    return factor > 1 ? number <= last / factor : number <= last - step;
  }
  [[nodiscard]] std::int64_t next(std::int64_t number) const {
    return factor > 1 ? number * factor : number + step;
  }
};

/// The number at the beginning of `text`, which loses it.
std::optional<std::int64_t> take_number(std::string& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::int64_t> number = whole_number_in(text.substr(0, end));
  text.erase(0, end);
  return number;
}

std::optional<Range> range_in(std::string text) {
  const std::optional<std::int64_t> first = take_number(text);
  if (!first) return std::nullopt;
  Range range = {.first = *first, .last = *first};
  if (text.empty()) return range;
  if (text.front() != '-') return std::nullopt;
  text.erase(0, 1);
  const std::optional<std::int64_t> last = take_number(text);
  if (!last) return std::nullopt;
  range.last = *last;
  if (text.empty()) return range;
  const char kind = text.front();
  text.erase(0, 1);
  const std::optional<std::int64_t> by = take_number(text);
  if (!by || !text.empty() || (kind != '+' && kind != '*') || *by < (kind == '*' ? 2 : 1))
    return std::nullopt;
  (kind == '*' ? range.factor : range.step) = *by;
  return range;
}

}  // namespace

std::vector<std::string> list_in(const std::string& option, const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text + ",");
  for (std::string part; std::getline(stream, part, ',');) {
    if (part.empty()) throw CLI::ValidationError(option, "'" + text + "' has an empty place");
    parts.push_back(part);
  }
  return parts;
}

std::vector<std::int64_t> numbers_in(const std::string& option, const std::string& text, std::int64_t least) {
  std::vector<std::int64_t> numbers;
  for (const std::string& part : list_in(option, text)) {
    const std::optional<Range> range = range_in(part);
    if (!range || !range->ends() || range->first < least)
      throw CLI::ValidationError(option, "'" + part +
                                             "' is neither a number nor a range such as 128-1024*2 or "
                                             "128-1024+128, of at least " +
                                             std::to_string(least));
    for (std::int64_t number = range->first;; number = range->next(number)) {
      if (numbers.size() == most_numbers)
        throw CLI::ValidationError(option, "'" + part + "' are too many numbers; expected " +
                                               std::to_string(most_numbers) + " in all at most");
      numbers.push_back(number);
      if (!range->has_next(number)) break;
    }
  }
  return numbers;
}

}  // namespace saccade::command
