#include <algorithm>
#include <memory>
#include <string>

#include "bench/bench_measure.hpp"
#include "bench/bench_options.hpp"
#include "bench/bench_sets.hpp"
#include "bench/bench_subcommands.hpp"
#include "saccade/error.hpp"
#include "saccade/version.hpp"
#include "shell/default_model.hpp"

namespace saccade::command {
namespace {

namespace fs = std::filesystem;

struct BenchEncoderOptions {
  BenchOptions common;
  fs::path model;  ///< empty: the command's own
  std::vector<std::string> sets;
  std::vector<std::int64_t> lengths = {};  ///< empty: those of 16, 128 and 512 that the model takes
  std::vector<std::int64_t> batches = {};  ///< empty: a set at once; 1 for lengths
};

const std::vector<Column> columns = {{"set", "set", Cell::text, 12},
                                     {"batch", "batch", Cell::text, 5},
                                     {"isa", "ISA", Cell::text, 6},
                                     {"threads", "threads"},
                                     {"seconds_median", "median", Cell::seconds},
                                     {"seconds_min", "min", Cell::seconds},
                                     {"spread", "spread", Cell::percent, 6},
                                     {"sequences_per_s", "sequences/s", Cell::decimal},
                                     {"tokens_per_s", "tokens/s", Cell::decimal, 9},
                                     {"gflops", "GFLOP/s", Cell::decimal},
                                     {"share_of_peak", "of peak", Cell::percent},
                                     {"workspace_bytes", "workspace", Cell::bytes},
                                     {"version", "saccade", Cell::text, 5}};

/// Times the encoder over a set of sequences, a batch of them in each call.
class EncoderRun {
 public:
  EncoderRun(const Encoder& encoder, const TokenSet& set, std::int64_t batch)
      : encoder_(encoder), set_(set), parts_(parts_of(set, batch)), width_(encoder.embedding_width()) {
    vectors_.resize(static_cast<std::size_t>(set.sequences() * width_));
    for (const SetPart& part : parts_) flops_ += encoder.flops(part.offsets);
  }

  void run(Engine& engine) {
    for (const SetPart& part : parts_) {
      const auto sequences = static_cast<std::int64_t>(part.offsets.size()) - 1;
      const std::span<const std::int32_t> ids(set_.ids.data() + part.first_id,
                                              static_cast<std::size_t>(part.offsets.back()));
      encoder_.embed(engine, {.ids = ids, .offsets = part.offsets},
                     {vectors_.data() + part.first_sequence * width_, sequences, width_, width_});
    }
  }
  [[nodiscard]] std::size_t workspace(const Engine& engine) const {
    std::size_t most = 0;
    for (const SetPart& part : parts_) most = std::max(most, encoder_.embed_workspace(engine, part.offsets));
    return most;
  }
  [[nodiscard]] double flops() const { return flops_; }

 private:
  const Encoder& encoder_;
  const TokenSet& set_;
  std::vector<SetPart> parts_;
  std::int64_t width_;
  std::vector<float> vectors_;
  double flops_ = 0;
};

class BenchEncoder {
 public:
  explicit BenchEncoder(const BenchEncoderOptions& options)
      : options_(options),
        engines_(make_engines(options.common)),
        encoder_(Encoder::load(*engines_.front(), model_or_default(options.model))),
        table_(options.common.format, options.common.output, columns) {}

  int run() {
    if (options_.sets.empty()) run_lengths();
    std::vector<TokenSet> sets;
    for (const std::string& path : options_.sets) sets.push_back(read_set(path, encoder_));
    for (const TokenSet& set : sets) {
      if (options_.batches.empty()) run(set, set.sequences());
      for (const std::int64_t batch : options_.batches) run(set, batch);
    }
    table_.finish();
    return 0;
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> lengths() const {
    for (const std::int64_t length : options_.lengths)
      if (length > encoder_.max_tokens())
        throw Error(ErrorCode::invalid_argument,
                    "--lengths: " + std::to_string(length) + " tokens are more than the " +
                        std::to_string(encoder_.max_tokens()) + " that the model takes");
    if (!options_.lengths.empty()) return options_.lengths;
    std::vector<std::int64_t> fitting = {16, 128, 512};
    std::erase_if(fitting, [&](std::int64_t length) { return length > encoder_.max_tokens(); });
    return fitting;
  }

  void run_lengths() {
    const std::vector<std::int64_t> alone = {1};
    for (const std::int64_t length : lengths())
      for (const std::int64_t batch : options_.batches.empty() ? alone : options_.batches)
        run(made_up_set(batch, length, encoder_), batch);
  }

  void run(const TokenSet& set, std::int64_t batch) {
    EncoderRun encoding(encoder_, set, batch);
    for (const auto& engine : engines_) {
      const Measurement m = measure(*engine, Peak::fma, encoding.flops(), options_.common.repetitions,
                                    [&] { encoding.run(*engine); });
      nlohmann::ordered_json row = {{"peer", "saccade"},
                                    {"version", version()},
                                    {"set", set.name},
                                    {"threads", engine->threads()},
                                    {"batch", batch}};
      add_measured(row, *engine, m, encoding.flops());
      row["runs"] = m.timing.calls;
      row["sequences_per_s"] = static_cast<double>(set.sequences()) / m.timing.median;
      row["tokens_per_s"] = static_cast<double>(set.ids.size()) / m.timing.median;
      row["workspace_bytes"] = encoding.workspace(*engine);
      table_.add(row);
    }
  }

  BenchEncoderOptions options_;
  std::vector<std::unique_ptr<Engine>> engines_;
  Encoder encoder_;
  BenchTable table_;
};

constexpr const char* notes =
    "From token ids to a vector for each sequence, pooled as the model says; no text is tokenized. Without\n"
    "--sets: random ids. Lists and ranges as in saccade bench attention --help, and the fields that have "
    "the\n"
    "same names. set: a file's name, or b for the sequences and n for the tokens of each; runs: how often "
    "the\n"
    "whole set was timed; gflops counts the products of the encoder.\n"
    "\n"
    "Examples: saccade bench encoder --lengths 16-256*2 --batch 1,32 --threads 1,2\n"
    "          saccade bench encoder --model all-MiniLM-L6-v2 --sets short.jsonl,long.jsonl --format csv\n\n";

}  // namespace

void add_bench_encoder(CLI::App& bench, Action& action) {
  const auto options = std::make_shared<BenchEncoderOptions>();
  CLI::App& encoder = *bench.add_subcommand("encoder", "Times a transformer encoder");
  encoder
      .add_option("--model", options->model,
                  "directory of a model as the Hugging Face hub has it; default: the small one that comes "
                  "with saccade")
      ->type_name("DIR");
  CLI::Option& sets = add_names(encoder, "--sets", R"(files of sequences, a line {"ids": [...]} for each)",
                                options->sets, [](const std::string& path) { return path; });
  sets.type_name("FILES");
  add_numbers(encoder, "--lengths",
              "tokens of random sequences; default: those of 16,128,512 that the model takes",
              options->lengths)
      .excludes(&sets);
  add_numbers(encoder, "--batch", "sequences in a call; default: all of a set, 1 where they are random",
              options->batches);
  add_bench_options(encoder, options->common);
  encoder.footer(notes);
  encoder.callback([options, &action] { action = [options] { return BenchEncoder(*options).run(); }; });
}

}  // namespace saccade::command
