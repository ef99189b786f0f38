#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace saccade::command {

/// Help that fits a terminal of 100 columns, without the names of checks.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();

 private:
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_option_usage(const CLI::Option* option) const override;
};

}  // namespace saccade::command
