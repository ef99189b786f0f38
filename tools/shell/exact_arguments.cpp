#include "shell/exact_arguments.hpp"

#include <algorithm>
#include <utility>

namespace saccade::command {
namespace {

/// Appended to each value that ends in a bracket, so that CLI11 does not take it for a list. No argument of a
/// process has a zero byte of its own.
constexpr char mark = '\0';

void remove_marks(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) option->transform(without_mark);
  for (CLI::App* subcommand : app.get_subcommands({})) remove_marks(*subcommand);
}

}  // namespace

std::string without_mark(std::string value) {
  if (!value.empty() && value.back() == mark) value.pop_back();
  return value;
}

void parse_exactly(CLI::App& app, int argc, const char* const* argv) {
  remove_marks(app);
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  for (std::string& argument : arguments)
    if (argument.ends_with(']')) argument += mark;
  std::reverse(arguments.begin(), arguments.end());  // the order that CLI11 takes
  app.parse(std::move(arguments));
}

}  // namespace saccade::command
