#include "run/run_options.hpp"

#include <string>

#include "shell/engine_options.hpp"
#include "shell/exact_arguments.hpp"
#include "shell/numbers.hpp"

namespace saccade::command {
namespace {

constexpr const char* inputs_and_outputs = "Files";
constexpr const char* layer = "Layer";
constexpr const char* selection = "Selection";

void add_files(CLI::App& run, RunOptions& options) {
  add_values(
      run, "INPUT", options.inputs,
      "hidden states: .npz or .safetensors with x [tokens, width] and perhaps offsets [n + 1], where each "
      "of n sequences begins, and the end (none: one sequence); or .npy of [tokens, width] or "
      "[n, length, width]; f32, f16, bf16 or f64")
      .required()
      ->type_name("");
  run.add_option(
         "-o,--output", options.output,
         "file to write z to, the layer's output for each token, with the offsets as given, in the format "
         "its name says: .npz, .safetensors, or .npy where the input has no offsets. Several inputs: a "
         "folder, made if missing, for outputs of the inputs' names; those complete before another input "
         "fails stay")
      ->required()
      ->type_name("OUT")
      ->group(inputs_and_outputs);
  run.add_flag("--context", options.batch.context,
               "write context too: the heads' outputs side by side, before the output projection")
      ->group(inputs_and_outputs);
  run.add_option("--probabilities", options.batch.probabilities,
                 "file (several inputs: folder) to write the attention maps to, probabilities_S "
                 "[heads, queries, keys] for sequence S of the input")
      ->type_name("FILE")
      ->group(inputs_and_outputs);
}

void add_ignored(CLI::App& run, RunOptions& options) {
  add_values(
      run, "--ignore", options.batch.ignored_tensors,
      "a tensor of the input that is not used and does not matter; without this option one that is not "
      "known is an error. May be given several times")
      .allow_extra_args(false)
      ->type_name("NAME")
      ->group(inputs_and_outputs);
}

void add_layer(CLI::App& run, RunOptions& options) {
  run.add_option("--weights", options.weights,
                 ".safetensors file with the layer's weights, named as in BERT, GPT-2 or "
                 "torch.nn.MultiheadAttention, or query.weight, key.weight, ...")
      ->required()
      ->type_name("FILE")
      ->group(layer);
  run.add_option("--heads", options.layer.heads, "attention heads of the layer")
      ->required()
      ->type_name("H")
      ->check(whole_number(1))
      ->group(layer);
  run.add_option(
         "--prefix", options.layer.prefix,
         "what stands before the layer's names in the weight file, such as encoder.layer.0.; needed where "
         "the file has several layers")
      ->type_name("P")
      ->group(layer);
  run.add_flag(
         "!--no-output-projection", options.layer.has_output_projection,
         "the layer has no output projection: z is the heads' outputs side by side. Without this flag a file "
         "without one is an error")
      ->group(layer);
  run.add_flag_callback(
         "--causal", [&options] { options.batch.window = Window::causal(); },
         "each token sees itself and those before it only")
      ->group(layer);
}

CLI::Option& add_numbers(CLI::App& run, const std::string& name, std::vector<std::int64_t>& numbers,
                         const std::string& description) {
  return *run.add_option(name, numbers, description)
              ->delimiter(',')
              ->allow_extra_args(false)
              ->type_name("I,J,...")
              ->check(whole_number(0))
              ->group(selection);
}

void add_selection(CLI::App& run, RunOptions& options) {
  CLI::Option& rows =
      add_numbers(run, "--rows", options.batch.rows,
                  "compute only the tokens at these positions of each sequence, counted from 0; z is "
                  "[sequences * rows, width] and the offsets count its rows");
  add_numbers(run, "--sequences", options.batch.sequences,
              "compute only these sequences, counted from 0, ascending: the output is as if the input had no "
              "others");
  run.add_option("--tokens", options.tokens,
                 "print which tokens each of the rows attends to, by the names in this JSON array of "
                 "{\"text\", \"tokens\": [...]}, one for each sequence of the input. Only with --rows")
      ->type_name("FILE.json")
      ->needs(&rows)
      ->group(selection);
}

void add_machine(CLI::App& run, RunOptions& options) {
  add_engine_options(run, options.engine);
  run.add_option(
         "--max-memory", options.batch.max_memory,
         "most work memory to take, such as 512M or 2G (powers of 1024). Each sequence must fit in it, the "
         "input need not; default: a quarter of the smaller of machine memory and cgroup limit")
      ->type_name("SIZE")
      ->transform(size_in_bytes());
  add_progress_option(run, options.progress);
}

}  // namespace

void add_run_options(CLI::App& run, RunOptions& options) {
  add_files(run, options);
  add_ignored(run, options);
  add_layer(run, options);
  add_selection(run, options);
  add_machine(run, options);
}

void check_together(const RunOptions& options) {
  if (options.inputs.size() > 1 && !options.tokens.empty())
    throw CLI::ValidationError(
        "--tokens", "names the tokens of one input, not of " + std::to_string(options.inputs.size()));
}

}  // namespace saccade::command
