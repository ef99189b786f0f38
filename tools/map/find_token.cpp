#include "map/find_token.hpp"

#include <algorithm>
#include <iostream>
#include <optional>
#include <string_view>

#include "saccade/error.hpp"
#include "shell/figures.hpp"
#include "shell/numbers.hpp"

namespace saccade::command {
namespace {

constexpr std::size_t most_listed = 64;

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// The position of the n-th token of that text, counted from 1.
std::optional<std::int64_t> nth(std::span<const std::string> tokens, const std::string& text,
                                std::int64_t n) {
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (tokens[i] == text && --n == 0) return static_cast<std::int64_t>(i);
  return std::nullopt;
}

std::optional<std::int64_t> nth_in_any_case(std::span<const std::string> tokens, const std::string& text,
                                            std::int64_t n) {
  const auto found = nth(tokens, text, n);
  return found ? found : nth(tokens, lower_case(text), n);
}

std::optional<std::int64_t> position_in(std::span<const std::string> tokens, const std::string& wanted) {
  if (wanted.size() < 2 || wanted.front() != '#') return std::nullopt;
  const auto position = whole_number_in(std::string_view(wanted).substr(1));
  const bool there = position && *position >= 0 && *position < static_cast<std::int64_t>(tokens.size());
  return there ? position : std::nullopt;
}

std::optional<std::int64_t> numbered(std::span<const std::string> tokens, const std::string& wanted) {
  const std::size_t colon = wanted.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  const auto n = whole_number_in(std::string_view(wanted).substr(colon + 1));
  if (!n || *n < 1) return std::nullopt;
  return nth_in_any_case(tokens, wanted.substr(0, colon), *n);
}

Error not_found(std::span<const std::string> tokens, const std::string& wanted) {
  std::string list;
  for (std::size_t i = 0; i < std::min(tokens.size(), most_listed); ++i)
    list += " #" + std::to_string(i) + " " + tokens[i];
  if (tokens.size() > most_listed)
    list += " and " + with_commas(static_cast<std::int64_t>(tokens.size() - most_listed)) + " more";
  return {ErrorCode::invalid_argument,
          "there is no token '" + wanted +
              "'; name one by its text (its), the second of a text (its:2) or its "
              "position (#9). Tokens:" +
              list};
}

/// Says on stderr which of several equal tokens is taken.
void mention_others(std::span<const std::string> tokens, std::size_t first) {
  const std::string& text = tokens[first];
  const auto count = std::count(tokens.begin(), tokens.end(), text);
  if (count == 1) return;
  std::cerr << "saccade: warning: there are " << count << " tokens '" << text << "'; this is the first, #"
            << first << "; the second is " << text << ":2\n";
}

}  // namespace

std::int64_t find_token(std::span<const std::string> tokens, const std::string& wanted) {
  if (const auto found = nth_in_any_case(tokens, wanted, 1)) {
    mention_others(tokens, static_cast<std::size_t>(*found));
    return *found;
  }
  if (const auto found = position_in(tokens, wanted)) return *found;
  if (const auto found = numbered(tokens, wanted)) return *found;
  throw not_found(tokens, wanted);
}

}  // namespace saccade::command
