#include "shell/help_command.hpp"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "shell/exact_arguments.hpp"
#include "shell/usage_error.hpp"

namespace saccade::command {
namespace {

/// The help of the subcommand that `words` name, one within the other.
std::string help_of(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* named = &app;
  std::string before;
  for (const std::string& word : words) {
    const CLI::App* const outer = named;
    for (const CLI::App* subcommand : outer->get_subcommands({}))
      if (subcommand->get_name() == word) named = subcommand;
    if (named == outer) throw CLI::ValidationError(describe_unknown_subcommand(*outer, word));
    before += (before.empty() ? "" : " ") + outer->get_name();
  }
  return app.get_formatter()->make_help(
      named, before.empty() ? app.get_name() : before + " " + named->get_name(), CLI::AppFormatMode::Normal);
}

}  // namespace

void add_help(CLI::App& app, Action& action) {
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App& help = *app.add_subcommand("help", "Prints the help of a subcommand");
  add_values(help, "SUBCOMMAND", *words,
             "such as embed, or bench layer; without any: what subcommands there are")
      .type_name("");
  help.callback([words, &app, &action] {
    const std::string text = help_of(app, *words);
    action = [text] {
      std::cout << text;
      return 0;
    };
  });
}

}  // namespace saccade::command
