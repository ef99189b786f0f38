// The command `saccade`: parses the command line, runs a subcommand, and converts errors to a message
// and an exit code.

#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <sstream>
#include <string>

#include "saccade/saccade.hpp"
#include "shell/exact_arguments.hpp"
#include "shell/help_command.hpp"
#include "shell/help_formatter.hpp"
#include "shell/notes.hpp"
#include "shell/standard_streams.hpp"
#include "shell/stop_signals.hpp"
#include "shell/terminal_text.hpp"
#include "shell/usage_error.hpp"
#include "subcommands.hpp"

namespace {

using namespace saccade;

constexpr int bad_input = 1;
constexpr int wrong_usage = 2;

constexpr const char* exit_codes =
    "Exit codes: 0 done; 1 bad input, or something that did not work; 2 wrong usage of the command line;\n"
    "129, 130 and 143 stopped by SIGHUP, SIGINT and SIGTERM, within a second and with nothing left behind, "
    "but\n"
    "what saccade embed --resume continues.";

/// Names of files and words of the command line may hold any bytes: none of them reaches the terminal as a
/// control character.
int fail(const std::string& message, int code) {
  std::cerr << "saccade: error: ";
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) std::cerr << command::printable(line) << '\n';
  return code;
}

int run(const command::Action& action) {
  try {
    return action();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::cancelled) return fail(error.what(), bad_input);
    return fail(error.what(), 128 + command::stop_signal());
  } catch (const std::bad_alloc&) {
    return fail("out of memory", bad_input);
  } catch (const std::exception& error) {
    return fail(error.what(), bad_input);
  }
}

/// Appends the exit codes to the help of the command and of all subcommands, which do not inherit the footer.
void end_help_with_exit_codes(CLI::App& app) {
  app.footer(app.get_footer() + exit_codes);
  for (CLI::App* subcommand : app.get_subcommands({})) end_help_with_exit_codes(*subcommand);
}

int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  // --help and --version come this way too.
  if (error.get_exit_code() == 0) return app.exit(error);
  return fail(command::describe_usage_error(app, error), wrong_usage);
}

/// What stands on stdout is complete, or the command has failed.
int flush(int code) {
  std::cout.flush();
  return code == 0 && !std::cout ? fail("cannot write to the standard output", bad_input) : code;
}

}  // namespace

int main(int argc, char** argv) {
  command::open_standard_streams();
  command::catch_stop_signals();
  CLI::App app("Self-attention on CPUs: the same bits on every instruction set and any number of threads.",
               "saccade");
  app.set_version_flag("-V,--version", "saccade " + std::string(version()) + " (numerical contract " +
                                           std::to_string(numerical_contract) + ")");
  app.formatter(std::make_shared<command::HelpFormatter>());  // of the subcommands too
  app.require_subcommand(1);
  command::Action action;
  command::add_run(app, action);
  command::add_attend(app, action);
  command::add_embed(app, action);
  command::add_merge(app, action);
  command::add_similar(app, action);
  command::add_bench(app, action);
  command::add_map(app, action);
  command::add_explain(app, action);
  command::add_info(app, action);
  command::add_help(app, action);
  for (const char* name : {"run", "attend", "embed", "merge"})
    command::add_quiet_option(*app.get_subcommand(name));
  end_help_with_exit_codes(app);
  try {
    command::parse_exactly(app, argc, argv);
  } catch (const CLI::ParseError& error) {
    return flush(report_usage(app, error));
  }
  return flush(run(action));
}
