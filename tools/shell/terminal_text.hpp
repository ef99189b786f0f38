#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace saccade::command {

/// Columns on a terminal: code points, East Asian ones twice.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// The text, padded with blanks to this many columns.
[[nodiscard]] std::string padded(const std::string& text, std::size_t columns);
[[nodiscard]] std::string right_aligned(const std::string& text, std::size_t columns);

/// The text, cut to this many columns with an ellipsis at its end.
[[nodiscard]] std::string cut(const std::string& text, std::size_t columns);

/// A bar of `share` of the columns, in eighths of a column, padded with blanks.
[[nodiscard]] std::string bar(double share, std::size_t columns);

/// " 12.8 %"
[[nodiscard]] std::string percent(double probability);

/// Control characters become '?', and whatever is not UTF-8 U+FFFD: fit for a terminal, XML and JSON.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace saccade::command
