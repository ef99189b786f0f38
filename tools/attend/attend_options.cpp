#include "attend/attend_options.hpp"

#include <algorithm>
#include <string>

#include "shell/engine_options.hpp"
#include "shell/exact_arguments.hpp"
#include "shell/numbers.hpp"

namespace saccade::command {
namespace {

constexpr const char* shapes = "Shapes";
constexpr const char* rules = "Rules";
constexpr const char* more_outputs = "More outputs";

Layout layout_called(const std::string& name) {
  for (const Layout layout : {Layout::packed, Layout::bshd, Layout::bhsd})
    if (name == to_string(layout)) return layout;
  throw CLI::ValidationError("--layout", "there is no '" + name + "'; expected packed, bshd or bhsd");
}

std::int64_t window_side(const std::string& text) {
  if (text == "inf" || text == "-1") return Window::unlimited;
  if (const auto number = whole_number_in(text); number && *number >= 0) return *number;
  throw CLI::ValidationError("--window",
                             "'" + text + "' is not a number of keys; expected 0 or more, or inf");
}

Window window_in(const std::string& text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos)
    throw CLI::ValidationError("--window", "'" + text + "' is not L,R, such as 256,0");
  return {window_side(text.substr(0, comma)), window_side(text.substr(comma + 1))};
}

void set_first_position(AttendOptions& options, const std::string& text) {
  options.first_position.reset();
  options.first_query = text == "top-left" ? FirstQuery::top_left : FirstQuery::bottom_right;
  if (text == "top-left" || text == "bottom-right") return;
  options.first_position = whole_number_in(text);
  if (!options.first_position)
    throw CLI::ValidationError("--first-position",
                               "'" + text + "' is neither a whole number nor top-left nor bottom-right");
}

void add_files(CLI::App& attend, AttendOptions& options) {
  attend
      .add_option("INPUT", options.input,
                  ".npz or .safetensors with the tensors listed below; it is read into memory whole")
      ->required()
      ->type_name("");
  attend
      .add_option("-o,--output", options.output,
                  "file to write the results to, in the format its name says: .npz, .safetensors, or .npy "
                  "for out alone; or a folder, for a file of the input's name")
      ->required()
      ->type_name("OUT");
}

void add_ignored(CLI::App& attend, AttendOptions& options) {
  add_values(
      attend, "--ignore", options.ignored_tensors,
      "a tensor of the input that is not used and does not matter; without this option one that is not "
      "known is an error. May be given several times")
      .allow_extra_args(false)
      ->type_name("NAME");
}

void add_shapes(CLI::App& attend, AttendOptions& options) {
  attend
      .add_option_function<std::string>(
          "--layout", [&options](const std::string& name) { options.layout = layout_called(name); },
          "how q, k and v lie: packed [tokens, heads, head_dim], bshd [batch, length, heads, head_dim] or "
          "bhsd [batch, heads, length, head_dim]; default: packed where q has 2 or 3 dimensions")
      ->type_name("NAME")
      ->group(shapes);
  attend
      .add_option("--heads", options.heads,
                  "heads of q; needed where they lie side by side: packed [tokens, heads*head_dim], bshd "
                  "[batch, length, heads*head_dim]")
      ->type_name("H")
      ->check(whole_number(1))
      ->group(shapes);
  attend
      .add_option("--kv-heads", options.kv_heads,
                  "heads of k and v, of which those of q are a multiple; default where they lie side by "
                  "side: as --heads")
      ->type_name("H")
      ->check(whole_number(1))
      ->group(shapes);
}

void add_rules(CLI::App& attend, AttendOptions& options) {
  attend.add_flag("--causal", options.causal, "each query sees its own position and those before it only")
      ->group(rules);
  attend
      .add_option_function<std::string>(
          "--window", [&options](const std::string& text) { options.window = window_in(text); },
          "keys that a query sees: at most L before and R after its own position, which always counts; inf "
          "or -1: all. 256,0: itself and 256 before")
      ->type_name("L,R")
      ->group(rules);
  attend
      .add_option_function<std::string>(
          "--first-position", [&options](const std::string& text) { set_first_position(options, text); },
          "where each sequence's first query stands among its keys: a position, top-left (0) or "
          "bottom-right (the last query at the last key that counts; the default)")
      ->type_name("N")
      ->group(rules);
  attend.add_option("--scale", options.scale, "factor on the scores; default: 1/sqrt(head_dim)")
      ->type_name("X")
      ->check(finite_number())
      ->group(rules);
  attend
      .add_option("--softcap", options.softcap,
                  "a score s becomes X * tanh(s / X), before bias and mask; 0, the default: it stays")
      ->type_name("X")
      ->check(finite_number(0))
      ->group(rules);
}

void add_more_outputs(CLI::App& attend, AttendOptions& options) {
  attend
      .add_flag("--lse", options.log_sum_exp,
                "write lse too: the natural logarithm of the sum of exp(score) over what a query sees")
      ->group(more_outputs);
  CLI::Option& probabilities =
      *attend
           .add_flag("--probabilities", options.probabilities,
                     "write probabilities_S [heads, queries, keys] too, for each sequence S")
           ->group(more_outputs);
  attend
      .add_flag("--mean-probabilities", options.mean_probabilities,
                "write mean_probabilities_S [queries, keys] instead, the mean over heads")
      ->excludes(&probabilities)
      ->group(more_outputs);
  attend
      .add_option("--topk", options.top_keys,
                  "write the K keys that each query attends to most too: topk_keys, counted from the "
                  "sequence's first, and topk_probabilities")
      ->type_name("K")
      ->check(whole_number(1))
      ->group(more_outputs);
}

}  // namespace

void add_attend_options(CLI::App& attend, AttendOptions& options) {
  add_files(attend, options);
  add_ignored(attend, options);
  add_shapes(attend, options);
  add_rules(attend, options);
  add_more_outputs(attend, options);
  add_engine_options(attend, options.engine);
  attend
      .add_option("--max-memory", options.max_memory,
                  "most memory to take for input, output and work, such as 512M or 2G (powers of 1024); "
                  "default: a quarter of the smaller of machine memory and cgroup limit")
      ->type_name("SIZE")
      ->transform(size_in_bytes());
}

}  // namespace saccade::command
