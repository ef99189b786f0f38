#include "shell/usage_error.hpp"

#include <algorithm>
#include <vector>

#include "shell/exact_arguments.hpp"
#include "shell/nearest_name.hpp"

namespace saccade::command {
namespace {

/// The subcommand that the command line names, and its own subcommand, if any.
const CLI::App& innermost(const CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  return parsed.empty() ? app : innermost(*parsed.front());
}

/// "saccade bench layer"
std::string full_name(const CLI::App& app) {
  const CLI::App* const parent = app.get_parent();
  return (parent == nullptr ? "" : full_name(*parent) + " ") + app.get_name();
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* subcommand : app.get_subcommands({})) names.push_back(subcommand->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& names) {
  const std::string nearest = nearest_name(word, names);
  return nearest.empty() ? "" : "; did you mean " + nearest + "?";
}

/// "run, attend or info"
std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names)
    list += (list.empty() ? "" : &name == &names.back() ? " or " : ", ") + name;
  return list;
}

/// Of the words that no option and no argument of the subcommand takes: an option that it does not have, or
/// else a word too many. Empty: there is none.
std::string describe_rest(const CLI::App& app) {
  std::vector<std::string> rest;
  for (const std::string& word : app.remaining()) rest.push_back(without_mark(word));
  const auto option = std::find_if(rest.begin(), rest.end(), [](const std::string& word) {
    return word.size() > 1 && word.front() == '-';
  });
  if (option != rest.end()) {
    const std::string name = option->substr(0, option->find('='));
    return "there is no option '" + name + "'" + suggestion(name, option_names(app));
  }
  return rest.empty() ? "" : "'" + rest.front() + "' is one argument too many";
}

/// CLI11 says how many values it counted; this says what that means.
std::string describe_count(const CLI::App& app, const CLI::ParseError& error) {
  const std::string what = error.what(), name = what.substr(0, what.find(": "));
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_name() != name && !option->check_name(name)) continue;
    const int most = std::max(option->get_items_expected_max(), 1);
    if (option->count() <= static_cast<std::size_t>(most)) return name + " needs a value";
    return name + " is given " + std::to_string(option->count()) + " times; expected " +
           (most == 1 ? "once" : std::to_string(most) + " times at most");
  }
  return what;
}

std::string describe(const CLI::App& app, const CLI::ParseError& error) {
  std::string rest = describe_rest(app);
  if (!app.get_subcommands({}).empty()) {
    const std::vector<std::string> words = app.remaining();
    if (words.empty()) return "a subcommand is missing; expected " + list_of(subcommand_names(app));
    const std::string word = without_mark(words.front());
    return word.starts_with('-') ? rest : describe_unknown_subcommand(app, word);
  }
  if (!rest.empty()) return rest;
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return describe_count(app, error);
  return error.what();
}

}  // namespace

std::string describe_unknown_subcommand(const CLI::App& app, const std::string& name) {
  const std::vector<std::string> names = subcommand_names(app);
  const std::string nearest = suggestion(name, names);
  return "there is no subcommand '" + name + "'" +
         (nearest.empty() ? "; expected " : nearest + " Expected ") + list_of(names);
}

std::string describe_usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& used = innermost(app);
  return describe(used, error) + "\n" + full_name(used) + " --help tells the usage.";
}

}  // namespace saccade::command
