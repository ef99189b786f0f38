#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "attend/attend_input.hpp"
#include "attend/attend_memory.hpp"
#include "attend/attend_options.hpp"
#include "attend/attend_output.hpp"
#include "saccade/saccade.hpp"
#include "shell/figures.hpp"
#include "shell/notes.hpp"
#include "shell/output_paths.hpp"
#include "subcommands.hpp"

namespace saccade::command {
namespace {

constexpr const char* tensors_and_examples =
    "Tensors of INPUT; numbers are f32, f16, bf16 or f64, and computed with as fp32:\n"
    "  q, k, v                packed: [tokens, heads, head_dim] or [tokens, heads*head_dim]; see --layout.\n"
    "                         k and v may have fewer heads than q, v another head_dim than q and k\n"
    "  offsets                [n + 1] i32 or i64; packed: where each of n sequences of q begins, and the\n"
    "                         end; none: one sequence\n"
    "  kv_offsets             [n + 1] i32 or i64; the same for k and v; none: as offsets\n"
    "  mask                   [queries, keys], [heads, queries, keys] or [n, heads, queries, keys], each "
    "but\n"
    "                         keys may be 1; bool or u8, not 0: the query may see the key. Of sequences of\n"
    "                         several lengths the longest's. Keys that a shorter mask lacks are hidden\n"
    "  bias                   the same shapes, numbers: added to the scores; -infinity hides\n"
    "  key_counts             [n] i32 or i64: keys of each sequence that count, from its first on\n"
    "  sinks                  [heads] numbers: a score that joins each softmax and attends to nothing\n"
    "  first_query_positions  [n] i32 or i64: see --first-position\n"
    "\n"
    "Tensors of OUT, f32 but for whole numbers:\n"
    "  out                    as q, with v's head_dim\n"
    "  offsets                as given\n"
    "  lse                    as q without head_dim: [tokens, heads], [batch, length, heads], ...\n"
    "  topk_keys, topk_probabilities\n"
    "                         as lse and [K]; i32 and f32; -1 and 0 where a query sees fewer\n"
    "  probabilities_S        [heads, queries, keys that count] of sequence S, counted from 0\n"
    "  mean_probabilities_S   [queries, keys that count]\n"
    "\n"
    "Examples: saccade attend qkv.npz --causal -o out.npz\n"
    "          saccade attend qkv.safetensors --layout bhsd --window 256,0 --lse -o out.safetensors\n\n";

/// The pairs of a query and a key that is visible to it by window and key counts. Positions are clamped so
/// that sums do not overflow.
double visible_pairs(const AttendInput& input, const AttentionOptions& options) {
  constexpr std::int64_t far = std::int64_t{1} << 60;
  const std::int64_t left = std::min(options.window.left, far), right = std::min(options.window.right, far);
  double pairs = 0;
  for (std::int64_t s = 0; s < input.sequences(); ++s) {
    const std::int64_t queries = input.queries_of(s), keys = input.keys_of(s);
    std::int64_t position = options.first_query == FirstQuery::top_left ? 0 : keys - queries;
    if (!options.first_query_positions.empty())
      position = options.first_query_positions[static_cast<std::size_t>(s)];
    for (std::int64_t i = 0; i < queries; ++i, ++position) {
      const std::int64_t first = std::max<std::int64_t>(position - left, 0);
      const std::int64_t last = std::min(position + right, keys - 1);
      pairs += static_cast<double>(std::max<std::int64_t>(last - first + 1, 0));
    }
  }
  return pairs;
}

class Attend {
 public:
  explicit Attend(const AttendOptions& options);

  int run();

 private:
  void compute(AttentionTensors tensors, const AttentionOptions& options);
  [[nodiscard]] std::string summary(double pairs, double seconds) const;

  FilePaths files_;
  Engine engine_;
  AttendMemory memory_;
  AttendInput input_;
  AttendOutput output_;
};

Attend::Attend(const AttendOptions& options)
    : files_(pair_paths({options.input}, options.output, {}, {}).front()),
      engine_(options.engine),
      memory_(files_.input, options.max_memory),
      input_(files_.input, options, memory_),
      output_(files_.output, input_, options, memory_) {}

/// Calls attention(), and adds the file's name to its errors, which name operands only.
void Attend::compute(AttentionTensors tensors, const AttentionOptions& options) {
  std::size_t workspace = 0;
  try {
    workspace = attention_workspace(engine_, tensors, options);
  } catch (const Error& error) {
    throw Error(error.code(), files_.input.string() + ": " + error.what());
  }
  memory_.take(static_cast<double>(workspace), "attention over its tensors");
  attention(engine_, tensors, options);
}

std::string Attend::summary(double pairs, double seconds) const {
  const HeadsSizes& q = input_.queries();
  const auto head_dims = static_cast<double>(q.head_dim + input_.outputs().head_dim);
  // Two operations for each multiply-add: a pair has head_dim of them for its score and value_dim for its
  // share of the output.
  const double flops = 2 * pairs * static_cast<double>(q.heads) * head_dims;
  std::string text = count_of(input_.sequences(), "sequence") + ", " + count_of(q.tokens(), "query token") +
                     ", " + fixed(seconds, 3) + " s, " + fixed(flops / seconds / 1e9, 1) + " GFLOP/s (" +
                     std::string(to_string(engine_.isa())) + ", " + count_of(engine_.threads(), "thread") +
                     ")";
  const std::int64_t nan_tokens = output_.nan_tokens();
  if (nan_tokens > 0) text += ", " + count_of(nan_tokens, "query token") + " with NaN";
  return text;
}

int Attend::run() {
  const auto begin = std::chrono::steady_clock::now();
  input_.read_values();
  AttentionTensors tensors = input_.tensors();
  AttentionOptions options = input_.options();
  output_.ask(tensors, options);
  compute(tensors, options);
  output_.write();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  note(summary(visible_pairs(input_, options), time.count()));
  return 0;
}

}  // namespace

void add_attend(CLI::App& app, Action& action) {
  const auto options = std::make_shared<AttendOptions>();
  CLI::App& attend = *app.add_subcommand("attend", "Attention over files of queries, keys and values");
  add_attend_options(attend, *options);
  attend.footer(tensors_and_examples);
  attend.callback([options, &action] { action = [options] { return Attend(*options).run(); }; });
}

}  // namespace saccade::command
