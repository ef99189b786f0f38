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
#include "shell/exact_arguments.hpp"
#include "shell/figures.hpp"
#include "shell/model_options.hpp"
#include "shell/notes.hpp"
#include "shell/numbers.hpp"
#include "shell/terminal_text.hpp"
#include "subcommands.hpp"

namespace saccade::command {
namespace {

struct SimilarCommandOptions {
  EngineOptions engine;
  std::filesystem::path model;
  std::vector<std::string> queries;
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path vectors;  ///< instead of inputs
  std::string tensor;             ///< of vectors; empty: its only one
  SimilarOptions similar = {.count = 5};
  bool json = false;
  bool strict = false;
};

using FoundTexts = std::vector<std::vector<SimilarText>>;
using FoundRows = std::vector<std::vector<SimilarRow>>;

/// The first of these prompts that the model has: queries and texts may want different ones.
EmbedOptions with_prompt(const Encoder& encoder, std::initializer_list<const char*> names) {
  const std::vector<std::string> known = encoder.prompt_names();
  for (const char* name : names)
    if (std::find(known.begin(), known.end(), name) != known.end()) return {.prompt_name = name};
  return {};
}

std::string line_of(const SimilarText& text) {
  return text.input.string() + ":" + std::to_string(text.line) + "  " + text.text;
}

std::string line_of(const SimilarRow& row) {
  return "row " + std::to_string(row.row);
}

template <typename Found>
std::string as_text(const std::vector<std::string>& queries, const std::vector<std::vector<Found>>& found) {
  std::string text;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    text += (q == 0 ? "" : "\n") + ("closest to \"" + queries[q] + "\"\n");
    for (const Found& similar : found[q])
      text += "  " + fixed(static_cast<double>(similar.score), 3) + "  " + line_of(similar) + '\n';
  }
  return text;
}

nlohmann::ordered_json as_json(const SimilarText& text) {
  return {{"score", text.score}, {"input", text.input.string()}, {"line", text.line}, {"text", text.text}};
}

nlohmann::ordered_json as_json(const SimilarRow& row) {
  return {{"score", row.score}, {"row", row.row}};
}

/// An object for each query, with its results under `key`.
template <typename Found>
std::string as_json(const std::vector<std::string>& queries, const std::vector<std::vector<Found>>& found,
                    const char* key) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (std::size_t q = 0; q < queries.size(); ++q) {
    nlohmann::ordered_json results = nlohmann::ordered_json::array();
    for (const Found& similar : found[q]) results.push_back(as_json(similar));
    all.push_back({{"query", queries[q]}, {key, std::move(results)}});
  }
  return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

/// The tensor of that name, or the only one of the file.
std::string choose_tensor(const TensorFile& file, const std::string& name) {
  if (!name.empty()) return name;
  if (file.tensors().size() == 1) return file.tensors().front().name;
  std::string names;
  for (const TensorInfo& info : file.tensors()) names += (names.empty() ? "" : ", ") + info.name;
  throw Error(ErrorCode::invalid_argument, file.path().string() + ": has " +
                                               std::to_string(file.tensors().size()) +
                                               " tensors; choose one by --tensor: " + printable(names));
}

std::string inputs_text(const std::vector<std::filesystem::path>& inputs) {
  if (inputs.size() > 1) return count_of(static_cast<std::int64_t>(inputs.size()), "input");
  return inputs[0] == "-" ? "stdin" : inputs[0].string();
}

FoundRows find_rows(Engine& engine, ConstMatrixView queries, const SimilarCommandOptions& options) {
  const TensorFile file = TensorFile::open(options.vectors);
  return find_similar_rows(engine, queries, file, choose_tensor(file, options.tensor), options.similar.count);
}

FoundTexts find_texts(Engine& engine, const Encoder& encoder, ConstMatrixView queries,
                      const SimilarCommandOptions& options) {
  SimilarOptions similar = options.similar;
  similar.embed = with_prompt(encoder, {"document", "passage"});
  std::int64_t not_finite = 0;
  if (!options.strict) similar.on_not_finite = [&](const std::string&) { ++not_finite; };
  FoundTexts found = find_similar(engine, encoder, queries, options.inputs, similar);
  if (not_finite > 0)
    warn("left out " + count_of(not_finite, "text") +
         " with a vector that is not finite (--strict: stop at the first)");
  return found;
}

int find(const SimilarCommandOptions& options) {
  Engine engine(options.engine);
  for (const std::string& query : options.queries) {
    if (query.find_first_not_of(" \t\r\n") == std::string::npos)
      throw Error(ErrorCode::invalid_argument, "--query is blank; expected a text to look for");
  }
  const auto encoder = Encoder::load(engine, model_or_default(options.model));
  const std::vector<float> vectors =
      encoder.embed(engine, std::span(options.queries), with_prompt(encoder, {"query"}));
  const std::int64_t width = encoder.embedding_width();
  const ConstMatrixView queries = {vectors.data(), static_cast<std::int64_t>(options.queries.size()), width,
                                   width};
  const auto print = [&](const auto& found, const char* key) {
    std::cout << (options.json ? as_json(options.queries, found, key) : as_text(options.queries, found));
  };
  if (options.vectors.empty()) {
    const FoundTexts found = find_texts(engine, encoder, queries, options);
    if (found.front().empty())
      throw Error(ErrorCode::file_format, "there is no text to search in " + inputs_text(options.inputs));
    print(found, "texts");
  } else {
    print(find_rows(engine, queries, options), "rows");
  }
  return 0;
}

void add_options(CLI::App& app, SimilarCommandOptions& options) {
  CLI::Option* const texts = &add_values(
      app, "TEXTS", options.inputs,
      "files to search: .txt, a text a line; .jsonl, an object a line with a text under \"text\"; - "
      "for the standard input");
  CLI::Option* const vectors =
      app.add_option("--vectors", options.vectors,
                     "instead of texts: .npy or .safetensors of their vectors, as embed writes it with the "
                     "same model; shows rows, counted from 0");
  texts->type_name("")->excludes(vectors);
  vectors->type_name("FILE");
  app.add_option("--tensor", options.tensor, "the tensor of --vectors; default: its only one")
      ->type_name("NAME")
      ->needs(vectors);
  add_values(app, "--query", options.queries, "what to look for; may be given several times")
      .required()
      ->allow_extra_args(false)
      ->type_name("TEXT");
  app.add_option("--top", options.similar.count, "texts to show for each query; default: 5")
      ->type_name("K")
      ->check(whole_number(1));
  app.add_flag("--json", options.json, "as JSON");
  app.add_flag("--strict", options.strict,
               "stop at a text whose vector has a value that is not finite, instead of leaving it out");
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
  similar.callback([options, &action] {
    if (options->inputs.empty() && options->vectors.empty())
      throw CLI::ValidationError("TEXTS", "is missing; or --vectors for vectors that were embedded before");
    action = [options] { return find(*options); };
  });
}

}  // namespace saccade::command
