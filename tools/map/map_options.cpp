#include "map/map_options.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "shell/engine_options.hpp"
#include "shell/exact_arguments.hpp"
#include "shell/numbers.hpp"

namespace saccade::command {
namespace {

constexpr const char* where_from = "Input";
constexpr const char* what = "What is shown";
constexpr std::array<std::string_view, 8> formats = {"txt",  "svg", "png", "html",
                                                     "json", "npy", "npz", "safetensors"};

void add_input(CLI::App& map, MapOptions& options) {
  add_values(map, "TEXT", options.texts,
             "a text, or a pair of them; without any: --file, or the standard input")
      .expected(0, 2)
      ->type_name("");
  map.add_option("--file", options.text_file, "file with the text, in UTF-8; - is the standard input")
      ->type_name("FILE")
      ->group(where_from);
  map.add_option("--model", options.model,
                 "directory of an encoder as the Hugging Face hub has it; default: saccade-mini, which comes "
                 "with the command")
      ->type_name("DIR")
      ->group(where_from);
  CLI::Option& from =
      *map.add_option(
              "--from", options.from,
              "no text, but probabilities as `saccade run --probabilities` and `saccade attend` write "
              "them: .npz or .safetensors with probabilities_S, or .npy")
           ->type_name("FILE")
           ->group(where_from);
  map.add_option(
         "--tokens", options.names,
         "what the tokens of --from are called: a JSON array of {\"text\", \"tokens\": [...]}, one for "
         "each sequence")
      ->type_name("FILE.json")
      ->needs(&from)
      ->group(where_from);
  map.add_option("--sequence", options.sequence, "the sequence of --from; default: 0")
      ->type_name("S")
      ->check(whole_number(0))
      ->needs(&from)
      ->group(where_from);
  map.add_option("--rows", options.rows,
                 "positions of the query rows of --from, where it has not all; default: the last ones")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("I,J,...")
      ->check(whole_number(0))
      ->needs(&from)
      ->group(where_from);
}

void choose_head(MapSelection& selection, const std::string& text) {
  selection.mean = text == "mean";
  selection.head = selection.mean ? std::nullopt : whole_number_in(text);
  if (!selection.mean && (!selection.head || *selection.head < 0))
    throw CLI::ValidationError("--head",
                               "'" + text + "' is neither the number of a head, from 0 on, nor mean");
}

void add_selection(CLI::App& map, MapOptions& options) {
  map.add_option("--layer", options.selection.layer, "only this layer, counted from 0; default: all")
      ->type_name("L")
      ->check(whole_number(0))
      ->group(what);
  map.add_option_function<std::string>(
         "--head", [&options](const std::string& text) { choose_head(options.selection, text); },
         "only this head, counted from 0; or the mean over the heads; default: all")
      ->type_name("H|mean")
      ->group(what);
  map.add_option("--token", options.token,
                 "the token whose row is wanted: its text (its; the second: its:2), or its position (#9)")
      ->type_name("TOKEN")
      ->group(what);
  map.add_option("--top", options.top,
                 "only the K most attended keys: of --token, or of every token, in memory that grows with "
                 "tokens x K; as txt, json, npz or safetensors")
      ->type_name("K")
      ->check(whole_number(1))
      ->group(what);
  map.add_flag("--rollout", options.rollout,
               "attention rollout: what each token takes in through all layers up to --layer (Abnar and "
               "Zuidema 2020)")
      ->group(what);
  map.add_flag("--stats", options.stats,
               "a table of the heads: entropy, distance, and shares on [CLS], [SEP], the token itself, and "
               "those before and after it; as txt or json")
      ->group(what);
}

void choose_colour(MapOptions& options, const std::string& when) {
  constexpr std::array<std::pair<const char*, ColourMode>, 3> modes = {
      {{"auto", ColourMode::automatic}, {"never", ColourMode::never}, {"always", ColourMode::always}}};
  for (const auto& [name, mode] : modes) {
    if (when != name) continue;
    options.colour = mode;
    return;
  }
  throw CLI::ValidationError("--colour", "there is no '" + when + "'; expected auto, never or always");
}

void add_output(CLI::App& map, MapOptions& options) {
  map.add_option(
         "-o,--output", options.output,
         "file to write to, in the format that its name says: .svg or .png, a heat map (of several heads "
         "a grid of them); .html, a page to look around in, without a network; .txt; .json; .npy, .npz "
         "or .safetensors, [layers, heads, queries, keys]. Default: txt on the standard output")
      ->type_name("FILE");
  map.add_option("--format", options.format, "the format, where the name does not say it")->type_name("NAME");
  map.add_option_function<std::string>(
         "--colour,--color", [&options](const std::string& when) { choose_colour(options, when); },
         "colours in txt: auto (the default: on a terminal, and where NO_COLOR is not set), never or always")
      ->type_name("WHEN");
}

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
  throw CLI::ValidationError(option, why);
}

void choose_format(MapOptions& options) {
  std::string& format = options.format;
  const bool named = !format.empty();
  const std::string extension = options.output.extension().string();
  if (!named) format = options.output.empty() ? "txt" : extension.empty() ? "" : extension.substr(1);
  if (std::find(formats.begin(), formats.end(), format) != formats.end()) return;
  std::string known;
  for (const std::string_view name : formats) known += (known.empty() ? "" : ", ") + std::string(name);
  const std::string wrong =
      format.empty() ? "the name says no format" : "there is no format '" + format + "'";
  refuse(named ? "--format" : "--output", wrong + "; expected " + known);
}

}  // namespace

void add_map_options(CLI::App& map, MapOptions& options) {
  add_input(map, options);
  add_selection(map, options);
  add_output(map, options);
  add_engine_options(map, options.engine);
}

void check_together(MapOptions& options) {
  choose_format(options);
  const std::string& format = options.format;
  const bool drawn = format == "svg" || format == "png" || format == "html";
  if (!options.from.empty() &&
      (!options.texts.empty() || !options.text_file.empty() || !options.model.empty()))
    refuse("--from", "has the numbers already; it goes with neither texts nor --model");
  if (!options.texts.empty() && !options.text_file.empty()) refuse("--file", "goes with no TEXT");
  if (options.output.empty() && (format == "npy" || format == "npz" || format == "safetensors"))
    refuse("--format", format + " needs -o FILE");
  if (options.stats && format != "txt" && format != "json") refuse("--stats", "is written as txt or json");
  if (options.stats && (options.rollout || options.top > 0 || !options.token.empty()))
    refuse("--stats", "goes with neither --rollout nor --top nor --token");
  if (options.stats && options.selection.mean) refuse("--stats", "is of each head; --head mean has none");
  if (options.rollout && (options.selection.head || options.selection.mean))
    refuse("--rollout", "takes the mean of all heads; it goes with no --head");
  if (options.top == 0) return;
  if (drawn || format == "npy") refuse("--top", "is written as txt, json, npz or safetensors");
  if (options.token.empty() && (options.selection.mean || options.rollout))
    refuse("--top", "of every token is known head by head; for a mean or --rollout name a --token");
}

}  // namespace saccade::command
