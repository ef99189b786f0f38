#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "run/attention_view.hpp"
#include "run/run_options.hpp"
#include "saccade/saccade.hpp"
#include "shell/figures.hpp"
#include "shell/notes.hpp"
#include "shell/output_paths.hpp"
#include "shell/progress_line.hpp"
#include "shell/stop_signals.hpp"
#include "subcommands.hpp"

namespace saccade::command {
namespace {

class Run {
 public:
  explicit Run(const RunOptions& options);

  int run_all();

 private:
  void run_one(const FilePaths& files, const std::string& label);
  [[nodiscard]] std::string summary(double seconds) const;

  const RunOptions& options_;
  std::vector<FilePaths> files_;
  Engine engine_;
  SelfAttention layer_;
  std::optional<AttentionView> view_;
  BatchFileSummary total_;
};

Run::Run(const RunOptions& options)
    : options_(options),
      files_(pair_paths(options.inputs, options.output, options.batch.probabilities,
                        {options.weights, options.tokens})),
      engine_(options.engine),
      layer_(SelfAttention::load(engine_, options.weights, options.layer)) {
  if (!options.tokens.empty()) view_.emplace(options.tokens, options.batch.rows);
}

void Run::run_one(const FilePaths& files, const std::string& label) {
  ProgressLine line(options_.progress, label);
  std::stop_source stop;
  BatchFileOptions batch = options_.batch;
  batch.probabilities = files.probabilities;
  batch.stop = stop.get_token();
  batch.on_progress = [&](const Progress& progress) {
    line.show(progress);
    if (stop_signal() != 0) stop.request_stop();
  };
  if (view_) batch.on_probabilities = [&](const SequenceProbabilities& map) { view_->add(map); };
  const BatchFileSummary summary = run_batch_file(engine_, layer_, files.input, files.output, batch);
  total_.sequences += summary.sequences;
  total_.tokens += summary.tokens;
  total_.nan_tokens += summary.nan_tokens;
  total_.flops += summary.flops;
}

std::string Run::summary(double seconds) const {
  const auto rate = static_cast<std::int64_t>(static_cast<double>(total_.tokens) / seconds);
  std::string text =
      files_.size() > 1 ? count_of(static_cast<std::int64_t>(files_.size()), "file") + ", " : "";
  text += count_of(total_.sequences, "sequence") + ", " + count_of(total_.tokens, "token") + ", " +
          fixed(seconds, 3) + " s, " + with_commas(rate) + " tokens/s, " +
          fixed(total_.flops / seconds / 1e9, 1) + " GFLOP/s (" + std::string(to_string(engine_.isa())) +
          ", " + count_of(engine_.threads(), "thread") + ")";
  if (total_.nan_tokens > 0) text += ", " + count_of(total_.nan_tokens, "token") + " with NaN";
  return text;
}

int Run::run_all() {
  std::vector<std::unique_ptr<OutputFolder>> folders;
  if (files_.size() > 1) {
    folders.push_back(std::make_unique<OutputFolder>(options_.output));
    if (!options_.batch.probabilities.empty())
      folders.push_back(std::make_unique<OutputFolder>(options_.batch.probabilities));
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < files_.size(); ++i) {
    std::string label = files_[i].input.filename().string();
    if (files_.size() > 1)
      label += " (" + std::to_string(i + 1) + " of " + std::to_string(files_.size()) + ")";
    run_one(files_[i], label);
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  if (view_) std::cout << view_->text() << std::flush;
  note(summary(time.count()));
  return 0;
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App& run = *app.add_subcommand("run", "Runs a self-attention layer over files of hidden states");
  add_run_options(run, *options);
  run.footer(
      "Example: saccade run in.npz --weights model.safetensors --prefix encoder.layer.0. --heads 12 -o "
      "out.npz\n\n");
  run.callback([options, &action] {
    check_together(*options);
    action = [options] {
      remember_stop_signal();
      return Run(*options).run_all();
    };
  });
}

}  // namespace saccade::command
