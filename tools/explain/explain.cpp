#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "explain/attention_trace.hpp"
#include "explain/explain_text.hpp"
#include "map/find_token.hpp"
#include "map/model_text.hpp"
#include "shell/engine_options.hpp"
#include "shell/exact_arguments.hpp"
#include "shell/numbers.hpp"
#include "subcommands.hpp"

namespace saccade::command {
namespace {

struct ExplainOptions {
  EngineOptions engine;
  std::vector<std::string> texts;
  std::filesystem::path model;
  std::string token;
  std::int64_t layer = 0;
  std::int64_t head = 0;
  bool matrix = false;
};

int explain(const ExplainOptions& options) {
  ModelText text(options.engine, options.model, options.texts);
  const std::int64_t query = options.matrix ? 0 : find_token(text.tokens(), options.token);
  const AttentionTrace trace = trace_attention(text, options.layer, options.head);
  std::cout << (options.matrix ? explain_matrices(trace) : explain_token(trace, query));
  return 0;
}

}  // namespace

void add_explain(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App& explained = *app.add_subcommand(
      "explain", "Computes the attention of a token step by step, with the numbers, for people who learn it");
  add_values(explained, "TEXT", options->texts, "a text, or a pair of them")
      .expected(1, 2)
      ->required()
      ->type_name("");
  explained
      .add_option(
          "--model", options->model,
          "directory of an encoder as the Hugging Face hub has it; default: saccade-mini, which comes "
          "with the command")
      ->type_name("DIR");
  CLI::Option& token = *explained
                            .add_option("--token", options->token,
                                        "the token whose attention is computed: its text (its; the second: "
                                        "its:2), or its position (#9)")
                            ->type_name("TOKEN");
  explained.add_option("--layer", options->layer, "counted from 0; default: 0")
      ->type_name("L")
      ->check(whole_number(0));
  explained.add_option("--head", options->head, "counted from 0; default: 0")
      ->type_name("H")
      ->check(whole_number(0));
  explained.add_flag("--matrix", options->matrix, "all tokens at once, as matrices with their shapes")
      ->excludes(&token);
  add_engine_options(explained, options->engine);
  explained.footer("Example: saccade explain \"Thinking Machines\" --token Thinking\n\n");
  explained.callback([options, &action] {
    if (!options->matrix && options->token.empty())
      throw CLI::ValidationError("--token", "is missing; or --matrix for all tokens");
    action = [options] { return explain(*options); };
  });
}

}  // namespace saccade::command
