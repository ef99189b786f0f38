#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "saccade/embed_files.hpp"

namespace saccade::command {

/// The value of a name, of which `option` takes one.
template <class Value>
Value called(const std::map<std::string, Value>& names, const std::string& name, const std::string& option) {
  if (const auto found = names.find(name); found != names.end()) return found->second;
  std::string known;
  for (const auto& [other, value] : names) known += (known.empty() ? "" : ", ") + other;
  throw CLI::ValidationError(option, "there is no '" + name + "'; expected one of " + known);
}

/// --model: the directory of an encoder; see model_or_default().
CLI::Option& add_model_option(CLI::App& subcommand, std::filesystem::path& model);

/// --field and --input-format: how files hold texts.
void add_text_options(CLI::App& subcommand, std::string& field, std::optional<TextFormat>& format,
                      const std::string& group = "Options");

}  // namespace saccade::command
