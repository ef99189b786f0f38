#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace saccade::command {

/// Parses the command line, every value exactly as it is given. CLI11 on its own takes a value in square
/// brackets for a list, and splits it.
void parse_exactly(CLI::App& app, int argc, const char* const* argv);

/// Without the mark that parse_exactly() puts behind a value while it is parsed.
[[nodiscard]] std::string without_mark(std::string value);

/// A positional argument or option with several values, each exactly as it is given: CLI11's own conversion
/// to vectors drops the value {}.
template <class Value>
CLI::Option& add_values(CLI::App& app, const std::string& name, std::vector<Value>& values,
                        const std::string& description) {
  const auto store = [&values](const CLI::results_t& results) {
    values.assign(results.begin(), results.end());
    return true;
  };
  return *app.add_option(name, store, description)->expected(CLI::detail::expected_max_vector_size);
}

}  // namespace saccade::command
