#include "embed/embed_options.hpp"

#include <map>
#include <string>

#include "shell/engine_options.hpp"
#include "shell/exact_arguments.hpp"
#include "shell/model_options.hpp"
#include "shell/numbers.hpp"
#include "shell/shard_option.hpp"

namespace saccade::command {
namespace {

constexpr const char* inputs_and_outputs = "Files";
constexpr const char* model = "Model";
constexpr const char* unfinished = "Long jobs";

const std::map<std::string, Pooling> poolings = {{"mean", Pooling::mean},
                                                 {"cls", Pooling::first},
                                                 {"max", Pooling::max},
                                                 {"mean_sqrt_len", Pooling::mean_sqrt},
                                                 {"weightedmean", Pooling::weighted_mean},
                                                 {"lasttoken", Pooling::last}};
const std::map<std::string, StorageType> dtypes = {{"f32", StorageType::f32}, {"f16", StorageType::f16}};

void add_inputs(CLI::App& embed, EmbedCommandOptions& options) {
  add_values(
      embed, "INPUT", options.inputs,
      "texts: .txt, a text a line; .jsonl, an object a line with a text under \"text\", or \"ids\" and "
      "perhaps \"types\" of tokens, and perhaps an \"id\", which is kept; - for the standard input. "
      "Several become one output")
      .required()
      ->type_name("");
  add_text_options(embed, options.embed.field, options.embed.input_format, inputs_and_outputs);
  embed
      .add_flag("--skip-bad", options.embed.skip_bad,
                "leave out lines that are no text, and list them on stderr, instead of stopping at the first")
      ->group(inputs_and_outputs);
}

void add_strict(CLI::App& embed, EmbedCommandOptions& options) {
  embed
      .add_flag(
          "--strict", options.embed.require_finite,
          "stop at a text whose vector has a value that is not finite (NaN, infinite, or beyond 65504 as "
          "f16), instead of counting it")
      ->group(inputs_and_outputs);
}

void add_outputs(CLI::App& embed, EmbedCommandOptions& options) {
  embed
      .add_option(
          "-o,--output", options.output,
          ".npy [texts, width]; .safetensors with embeddings [texts, width]; .jsonl with an object "
          "{\"id\", \"embedding\"} a line, id being the text's number from 0 where it has none; - for "
          ".jsonl on the standard output")
      ->required()
      ->type_name("OUT")
      ->group(inputs_and_outputs);
  embed
      .add_option_function<std::string>(
          "--dtype",
          [&options](const std::string& name) { options.embed.type = called(dtypes, name, "--dtype"); },
          "f32, the default, or f16, rounded to nearest")
      ->type_name("NAME")
      ->group(inputs_and_outputs);
  embed
      .add_flag(
          "--tokens", options.embed.tokens,
          "each token's vector before pooling: tokens [tokens, width], f32, and offsets [texts + 1], i64, in "
          ".safetensors")
      ->group(inputs_and_outputs);
}

void add_pooling(CLI::App& embed, EmbedOptions& options) {
  embed
      .add_option_function<std::string>(
          "--pooling",
          [&options](const std::string& names) {
            for (const std::string& name : CLI::detail::split(names, ','))
              options.pooling.push_back(called(poolings, name, "--pooling"));
          },
          "how tokens' vectors become one: mean, cls, max, mean_sqrt_len, weightedmean or lasttoken; "
          "several, one "
          "behind the other. Default: as the model does")
      ->type_name("NAME,...")
      ->group(model);
  CLI::Option& normalize = *embed
                                .add_flag_callback(
                                    "--normalize", [&options] { options.normalize = true; },
                                    "to length 1, whatever the model says")
                                ->group(model);
  embed
      .add_flag_callback(
          "--no-normalize", [&options] { options.normalize = false; }, "as they are, whatever the model says")
      ->excludes(&normalize)
      ->group(model);
  embed
      .add_option("--truncate-dim", options.truncate_dim,
                  "keep the first D values, before they are normalized")
      ->type_name("D")
      ->check(whole_number(1))
      ->group(model);
}

void add_model(CLI::App& embed, EmbedCommandOptions& options) {
  EmbedOptions& how = options.embed.embed;
  add_model_option(embed, options.embed.model).group(model);
  CLI::Option& prompt =
      *embed
           .add_option_function<std::string>(
               "--prompt", [&how](const std::string& text) { how.prompt = text; },
               "what goes before each text; '': nothing. Default: the model's default prompt")
           ->type_name("TEXT")
           ->group(model);
  embed.add_option("--prompt-name", how.prompt_name, "one of the model's prompts, such as query")
      ->type_name("NAME")
      ->excludes(&prompt)
      ->group(model);
  embed
      .add_option("--max-length", how.max_length,
                  "most tokens of a text, special tokens included; default: what the model takes")
      ->type_name("N")
      ->check(whole_number(1))
      ->group(model);
  add_pooling(embed, how);
}

void add_long_jobs(CLI::App& embed, EmbedCommandOptions& options) {
  embed
      .add_flag(
          "--resume", options.embed.resume,
          "go on with a run that was killed or stopped, from OUT.partial and OUT.manifest; the output has "
          "the bytes of a run that was not. Starts where there is nothing to go on with")
      ->group(unfinished);
  add_shard_option(embed, options.shard);
  embed.get_option("--shard")->group(unfinished);
}

void add_machine(CLI::App& embed, EmbedCommandOptions& options) {
  add_engine_options(embed, options.engine);
  embed
      .add_option("--token-budget", options.embed.embed.token_budget,
                  "tokens to encode at a time; more take more memory and change no bit. Default: 8192")
      ->type_name("N")
      ->check(whole_number(1));
  embed
      .add_option(
          "--max-memory", options.embed.max_memory,
          "most work memory to take, such as 512M or 2G (powers of 1024): the token budget is lowered "
          "until texts of the greatest length fit; default: a quarter of the smaller of machine memory "
          "and cgroup limit")
      ->type_name("SIZE")
      ->transform(size_in_bytes());
  add_progress_option(embed, options.progress);
}

}  // namespace

void add_embed_options(CLI::App& embed, EmbedCommandOptions& options) {
  add_inputs(embed, options);
  add_outputs(embed, options);
  add_strict(embed, options);
  add_model(embed, options);
  add_long_jobs(embed, options);
  add_machine(embed, options);
}

}  // namespace saccade::command
