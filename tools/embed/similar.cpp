#include <algorithm>
#include <iostream>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "saccade/saccade.hpp"
#include "shell/default_model.hpp"
#include "shell/engine_options.hpp"
#include "shell/figures.hpp"
#include "shell/model_options.hpp"
#include "shell/numbers.hpp"
#include "subcommands.hpp"

namespace saccade::command {
namespace {

struct SimilarCommandOptions {
  EngineOptions engine;
  std::filesystem::path model;
  std::vector<std::string> queries;
  std::vector<std::filesystem::path> inputs;
  SimilarOptions similar = {.count = 5};
  bool json = false;
};

using Found = std::vector<std::vector<SimilarText>>;

/// The first of these prompts that the model has: queries and texts may want different ones.
EmbedOptions with_prompt(const Encoder& encoder, std::initializer_list<const char*> names) {
  const std::vector<std::string> known = encoder.prompt_names();
  for (const char* name : names)
    if (std::find(known.begin(), known.end(), name) != known.end()) return {.prompt_name = name};
  return {};
}

std::string place_of(const SimilarText& text) {
  return text.input.string() + ":" + std::to_string(text.line);
}

std::string as_text(const std::vector<std::string>& queries, const Found& found) {
  std::string text;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    text += (q == 0 ? "" : "\n") + ("closest to \"" + queries[q] + "\"\n");
    for (const SimilarText& similar : found[q])
      text += "  " + fixed(similar.score, 3) + "  " + place_of(similar) + "  " + similar.text + '\n';
  }
  return text;
}

std::string as_json(const std::vector<std::string>& queries, const Found& found) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (std::size_t q = 0; q < queries.size(); ++q) {
    nlohmann::ordered_json texts = nlohmann::ordered_json::array();
    for (const SimilarText& similar : found[q]) {
      texts.push_back({{"score", similar.score},
                       {"input", similar.input.string()},
                       {"line", similar.line},
                       {"text", similar.text}});
    }
    all.push_back({{"query", queries[q]}, {"texts", std::move(texts)}});
  }
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

int find(const SimilarCommandOptions& options) {
  Engine engine(options.engine);
  const auto encoder = Encoder::load(engine, model_or_default(options.model));
  const std::vector<float> queries =
      encoder.embed(engine, std::span(options.queries), with_prompt(encoder, {"query"}));
  SimilarOptions similar = options.similar;
  similar.embed = with_prompt(encoder, {"document", "passage"});
  const auto rows = static_cast<std::int64_t>(options.queries.size());
  const std::int64_t width = encoder.embedding_width();
  const Found found =
      find_similar(engine, encoder, {queries.data(), rows, width, width}, options.inputs, similar);
  std::cout << (options.json ? as_json(options.queries, found) : as_text(options.queries, found));
  return 0;
}

void add_options(CLI::App& app, SimilarCommandOptions& options) {
  app.add_option(
         "TEXTS", options.inputs,
         "files to search: .txt, a text a line; .jsonl, an object a line with a text under \"text\"; - "
         "for the standard input")
      ->required()
      ->type_name("");
  app.add_option("--query", options.queries, "what to look for; may be given several times")
      ->required()
      ->allow_extra_args(false)
      ->type_name("TEXT");
  app.add_option("--top", options.similar.count, "texts to show for each query; default: 5")
      ->type_name("K")
      ->check(whole_number(1));
  app.add_flag("--json", options.json, "as JSON");
  add_model_option(app, options.model);
  add_text_options(app, options.similar.field, options.similar.input_format);
  add_engine_options(app, options.engine);
}

}  // namespace

void add_similar(CLI::App& app, Action& action) {
  const auto options = std::make_shared<SimilarCommandOptions>();
  CLI::App& similar =
      *app.add_subcommand("similar", "Shows the texts that are closest in meaning to a query");
  add_options(similar, *options);
  similar.footer("Example: saccade similar texts.txt --query 'a whale at sea'\n\n");
  similar.callback([options, &action] { action = [options] { return find(*options); }; });
}

}  // namespace saccade::command
