#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "saccade/saccade.hpp"
#include "shell/engine_options.hpp"
#include "subcommands.hpp"

namespace saccade::command {
namespace {

struct InfoOptions {
  EngineOptions engine;
  bool json = false;
};

std::vector<std::string> names_of(const std::vector<Isa>& isas) {
  std::vector<std::string> names;
  for (const Isa isa : isas) names.emplace_back(to_string(isa));
  return names;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

nlohmann::ordered_json as_json(const Engine& engine) {
  return {{"version", version()},
          {"numerical_contract", numerical_contract},
          {"compiled_isas", names_of(compiled_isas())},
          {"supported_isas", names_of(supported_isas())},
          {"isa", to_string(engine.isa())},
          {"isa_reason", engine.isa_reason()},
          {"accumulation", to_string(engine.accumulation())},
          {"threads", engine.threads()},
          {"threads_reason", engine.threads_reason()},
          {"cpu_features", words_of(cpu_features())},
          {"tbb_version", tbb_version()}};
}

std::string as_text(const Engine& engine) {
  std::ostringstream text;
  text << "saccade         " << version() << " (numerical contract " << numerical_contract << ")\n"
       << "isa             " << to_string(engine.isa()) << " (" << engine.isa_reason() << ")\n"
       << "accumulation    " << to_string(engine.accumulation()) << '\n'
       << "threads         " << engine.threads() << " (" << engine.threads_reason() << ")\n"
       << "compiled ISAs   " << joined(names_of(compiled_isas())) << '\n'
       << "supported ISAs  " << joined(names_of(supported_isas())) << '\n'
       << "CPU features    " << cpu_features() << '\n'
       << "oneTBB          " << tbb_version() << '\n';
  return text.str();
}

int show_info(const InfoOptions& options) {
  const Engine engine(options.engine);
  std::cout << (options.json ? as_json(engine).dump(2) + "\n" : as_text(engine));
  return 0;
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  const auto options = std::make_shared<InfoOptions>();
  CLI::App& info = *app.add_subcommand(
      "info", "Tells the version, the CPU, and which kernels and threads are used and why");
  add_engine_options(info, options->engine);
  info.add_flag("--json", options->json, "as JSON");
  info.callback([options, &action] { action = [options] { return show_info(*options); }; });
}

}  // namespace saccade::command
