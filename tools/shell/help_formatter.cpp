#include "shell/help_formatter.hpp"

#include <sstream>

namespace saccade::command {
namespace {

constexpr std::size_t name_columns = 30;
constexpr std::size_t description_columns = 70;

std::string wrapped(const std::string& text) {
  std::istringstream words(text);
  std::string result;
  std::size_t column = 0;
  for (std::string word; words >> word; column += word.size()) {
    if (column > 0) {
      const bool fits = column + 1 + word.size() <= description_columns;
      result += fits ? ' ' : '\n';
      column = fits ? column + 1 : 0;
    }
    result += word;
  }
  return result;
}

}  // namespace

HelpFormatter::HelpFormatter() {
  column_width(name_columns);
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  return option->get_type_name().empty() ? "" : " " + option->get_option_text() + option->get_type_name();
}

/// "INPUT...", "[TEXT...]"
std::string HelpFormatter::make_option_usage(const CLI::Option* option) const {
  const std::string name = option->get_name(true) + (option->get_items_expected_max() > 1 ? "..." : "");
  return option->get_required() ? name : "[" + name + "]";
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  return wrapped(option->get_description() + (option->get_required() ? " (required)" : ""));
}

}  // namespace saccade::command
