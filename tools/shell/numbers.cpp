#include "shell/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "shell/figures.hpp"

namespace saccade::command {
namespace {

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> bytes_in(std::string_view text) {
  constexpr std::string_view units = "KMGT";
  std::uint64_t unit = 1;
  for (const std::string_view ending : {"iB", "B"}) {
    const std::size_t rest = text.size() - std::min(text.size(), ending.size());
    if (!text.ends_with(ending) || rest == 0 || units.find(text[rest - 1]) == units.npos) continue;
    text.remove_suffix(ending.size());
    break;
  }
  if (const std::size_t at = text.empty() ? units.npos : units.find(text.back()); at != units.npos) {
    unit = std::uint64_t{1} << (10 * (at + 1));
    text.remove_suffix(1);
  }
  const std::optional<std::uint64_t> count = number_in<std::uint64_t>(text);
  if (!count || *count == 0 || *count > std::numeric_limits<std::uint64_t>::max() / unit) return std::nullopt;
  return *count * unit;
}

}  // namespace

std::optional<std::int64_t> whole_number_in(std::string_view text) {
  return number_in<std::int64_t>(text);
}

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  const auto check = [least, most](std::string& text) -> std::string {
    const std::optional<std::int64_t> number = whole_number_in(text);
    if (number && *number >= least && *number <= most) return {};
    return "'" + text + "' is not a whole number " +
           (most == INT64_MAX ? "of at least " + std::to_string(least)
                              : "from " + std::to_string(least) + " to " + std::to_string(most));
  };
  return {check, "", "whole number"};
}

CLI::Validator finite_number(std::optional<float> least) {
  const auto check = [least](std::string& text) -> std::string {
    const std::optional<float> number = number_in<float>(text);
    if (number && std::isfinite(*number) && (!least || *number >= *least)) return {};
    std::string wanted = "' is not a finite number";
    if (least) wanted += " of at least " + fixed(static_cast<double>(*least), 0);
    return "'" + text + wanted;
  };
  return {check, "", "number"};
}

CLI::Validator size_in_bytes() {
  const auto convert = [](std::string& text) -> std::string {
    const std::optional<std::uint64_t> bytes = bytes_in(text);
    if (!bytes)
      return "'" + text + "' is not a size; expected a whole number of bytes, K, M, G or T, such as 512M";
    text = std::to_string(*bytes);
    return {};
  };
  return {convert, "", "size"};
}

}  // namespace saccade::command
