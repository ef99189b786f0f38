#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <stop_token>
#include <string>

#include "embed/embed_options.hpp"
#include "saccade/saccade.hpp"
#include "shell/default_model.hpp"
#include "shell/figures.hpp"
#include "shell/notes.hpp"
#include "shell/progress_line.hpp"
#include "shell/shard_option.hpp"
#include "shell/stop_signals.hpp"
#include "shell/terminal_text.hpp"
#include "subcommands.hpp"

namespace saccade::command {
namespace {

std::string label_of(const EmbedCommandOptions& options) {
  if (options.inputs.size() > 1) return count_of(static_cast<std::int64_t>(options.inputs.size()), "input");
  return options.inputs[0] == "-" ? "stdin" : options.inputs[0].filename().string();
}

std::string summary_text(const EmbedFilesSummary& summary, const Engine& engine, double seconds) {
  const std::int64_t tokens = summary.tokens - summary.tokens_resumed;
  const auto rate = static_cast<std::int64_t>(static_cast<double>(tokens) / std::max(seconds, 1e-9));
  std::string text = count_of(summary.texts, "text") + ", " + count_of(summary.tokens, "token") + ", " +
                     with_commas(summary.truncated) + " truncated, ";
  if (summary.texts_resumed > 0) text += with_commas(summary.texts_resumed) + " done before, ";
  if (summary.replaced > 0) text += count_of(summary.replaced, "invalid part") + " of UTF-8 replaced, ";
  if (summary.bad_lines > 0) text += count_of(summary.bad_lines, "bad line") + " left out, ";
  return text + fixed(seconds, 3) + " s, " + with_commas(rate) + " tokens/s (" +
         std::string(to_string(engine.isa())) + ", " + count_of(engine.threads(), "thread") + ")";
}

/// Says which part of the texts this is, where the command line does not.
Shard shard_of(const EmbedCommandOptions& options) {
  const ChosenShard chosen = choose_shard(options.shard);
  if (!chosen.variable.empty()) {
    note("saccade: shard " + std::to_string(chosen.shard.index) + '/' + std::to_string(chosen.shard.count) +
         ", as $" + chosen.variable + " says");
  }
  return chosen.shard;
}

int embed(const EmbedCommandOptions& options) {
  EmbedFilesOptions job = options.embed;
  job.shard = shard_of(options);
  Engine engine(options.engine);
  job.model = model_or_default(job.model);
  const auto encoder = Encoder::load(engine, job.model);
  std::stop_source stop;
  job.stop = stop.get_token();
  ProgressLine line(options.progress, label_of(options));
  job.on_progress = [&](const EmbedProgress& progress) {
    line.show(progress);
    if (stop_signal() != 0) stop.request_stop();
  };
  job.on_bad_line = [&](const std::string& what) {
    line.erase();
    std::cerr << "saccade: left out: " << printable(what) << '\n';
  };
  const auto begin = std::chrono::steady_clock::now();
  const EmbedFilesSummary summary = embed_files(engine, encoder, options.inputs, options.output, job);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  line.erase();
  note(summary_text(summary, engine, time.count()));
  if (summary.not_finite > 0)
    warn(count_of(summary.not_finite, "text") +
         " with a vector that is not finite (--strict: stop at the first)");
  return 0;
}

}  // namespace

void add_embed(CLI::App& app, Action& action) {
  const auto options = std::make_shared<EmbedCommandOptions>();
  CLI::App& subcommand = *app.add_subcommand("embed", "Makes vectors of texts with a sentence encoder");
  add_embed_options(subcommand, *options);
  subcommand.footer("Example: saccade embed texts.txt --model all-MiniLM-L6-v2 -o embeddings.npy\n\n");
  subcommand.callback([options, &action] {
    action = [options] {
      remember_stop_signal();
      return embed(*options);
    };
  });
}

}  // namespace saccade::command
