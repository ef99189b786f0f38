#include <memory>
#include <string>

#include "bench/batches.hpp"
#include "bench/bench_measure.hpp"
#include "bench/bench_options.hpp"
#include "bench/bench_subcommands.hpp"
#include "bench/layer_problem.hpp"
#include "bench/random_layer.hpp"
#include "saccade/version.hpp"

namespace saccade::command {
namespace {

/// The lengths of a ragged batch, and its names in the table.
struct LayerSet {
  std::string name, label;  ///< mixed512 or 2x16; as the case begins
  std::vector<std::int64_t> offsets;
};

struct BenchLayerOptions {
  BenchOptions common;
  std::vector<LayerSet> sets;
  std::vector<std::int64_t> widths = {384, 768};
  std::vector<std::int64_t> heads = {12};
  std::vector<std::int64_t> lengths = {16, 128, 512};
  std::vector<std::int64_t> batches = {1};
  bool causal = false;
};

const std::vector<Column> columns = {{"case", "case", Cell::text, 18},
                                     {"mask", "mask", Cell::text, 6},
                                     {"isa", "ISA", Cell::text, 6},
                                     {"threads", "threads"},
                                     {"seconds_median", "median", Cell::seconds},
                                     {"seconds_min", "min", Cell::seconds},
                                     {"spread", "spread", Cell::percent, 6},
                                     {"tokens_per_s", "tokens/s", Cell::decimal, 10},
                                     {"gflops", "GFLOP/s", Cell::decimal},
                                     {"share_of_peak", "of peak", Cell::percent},
                                     {"max_abs_err", "max error", Cell::small, 9},
                                     {"workspace_bytes", "workspace", Cell::bytes},
                                     {"version", "saccade", Cell::text, 5}};

LayerSet set_called(const std::string& name) {
  LayerSet set = {name, name, bench::batch_offsets_or_none(name)};
  if (set.offsets.empty())
    throw CLI::ValidationError(
        "--sets", "there is no '" + name + "'; expected mixed512, or as many x as long, such as 128x32");
  return set;
}

LayerSet set_of(std::int64_t batch, std::int64_t length) {
  LayerSet set = {std::to_string(batch) + "x" + std::to_string(length),
                  "b" + std::to_string(batch) + "n" + std::to_string(length),
                  {0}};
  for (std::int64_t s = 1; s <= batch; ++s) set.offsets.push_back(s * length);
  return set;
}

void check(const BenchLayerOptions& options) {
  for (const std::int64_t width : options.widths)
    for (const std::int64_t heads : options.heads)
      if (width % heads != 0)
        throw CLI::ValidationError(
            "--heads", std::to_string(heads) + " heads do not divide a width of " + std::to_string(width));
}

class BenchLayer {
 public:
  explicit BenchLayer(const BenchLayerOptions& options)
      : options_(options),
        engines_(make_engines(options.common)),
        table_(options.common.format, options.common.output, columns) {}

  int run() {
    const std::vector<LayerSet> sets = options_.sets.empty() ? sets_of_lists() : options_.sets;
    for (const std::int64_t width : options_.widths)
      for (const std::int64_t heads : options_.heads) {
        const SelfAttention layer = bench::random_layer(*engines_.front(), width, heads);
        for (const LayerSet& set : sets) run(layer, set);
      }
    table_.finish();
    return 0;
  }

 private:
  [[nodiscard]] std::vector<LayerSet> sets_of_lists() const {
    std::vector<LayerSet> sets;
    for (const std::int64_t batch : options_.batches)
      for (const std::int64_t length : options_.lengths) sets.push_back(set_of(batch, length));
    return sets;
  }

  void run(const SelfAttention& layer, const LayerSet& set) {
    const std::int64_t width = layer.width();
    const bench::LayerProblem problem(width, layer.heads(), set.offsets);
    const bench::LayerReference reference(problem, options_.causal);
    std::vector<float> z(problem.x.size());
    const RaggedView batch = {{problem.x.data(), problem.tokens(), width, width}, set.offsets};
    const Window window = options_.causal ? Window::causal() : Window::full();
    const double flops = layer.flops(set.offsets, window);
    for (const auto& engine : engines_) {
      const Measurement m = measure(*engine, Peak::fma, flops, options_.common.repetitions, [&] {
        layer.forward(*engine, batch, {z.data(), problem.tokens(), width, width}, {.window = window});
      });
      nlohmann::ordered_json row = described(set, layer, *engine);
      add_measured(row, *engine, m, flops);
      row["tokens_per_s"] = static_cast<double>(problem.tokens()) / m.timing.median;
      row["reps"] = m.timing.calls;
      row["mask"] = options_.causal ? "causal" : "full";
      row["max_abs_err"] = reference.max_abs_error(z.data());
      row["workspace_bytes"] = layer.workspace(*engine, set.offsets);
      table_.add(row);
    }
  }

  [[nodiscard]] nlohmann::ordered_json described(const LayerSet& set, const SelfAttention& layer,
                                                 const Engine& engine) const {
    return {{"peer", "saccade"},
            {"version", version()},
            {"case", set.label + "w" + std::to_string(layer.width()) + "h" + std::to_string(layer.heads())},
            {"set", set.name},
            {"threads", engine.threads()},
            {"causal", options_.causal}};
  }

  BenchLayerOptions options_;
  std::vector<std::unique_ptr<Engine>> engines_;
  BenchTable table_;
};

constexpr const char* notes =
    "A self-attention layer with random weights, input and output of the same width, fp32. Lists and ranges\n"
    "as in saccade bench attention --help, and the fields that have the same names. case: b for the batch,\n"
    "n for the tokens of a sequence, or the name of a set; w for the width, h for the heads. Sets: "
    "mixed512,\n"
    "512 sequences as long as sentences are (log-normal, median 24, 4 to 256 tokens), or as many x as long,\n"
    "such as 128x32. gflops counts every product of the layer, and pairs that causal attention leaves out\n"
    "not at all. max_abs_err: the greatest difference of some 64 tokens' outputs, the last one's among "
    "them,\n"
    "from double precision.\n"
    "\n"
    "Examples: saccade bench layer --width 768 --heads 12 --lengths 32-512*2 --threads 1\n"
    "          saccade bench layer --width 384 --sets mixed512,128x32\n\n";

}  // namespace

void add_bench_layer(CLI::App& bench, Action& action) {
  const auto options = std::make_shared<BenchLayerOptions>();
  CLI::App& layer = *bench.add_subcommand("layer", "Times a self-attention layer");
  add_numbers(layer, "--width", "values of a token; default: 384,768", options->widths);
  add_numbers(layer, "--heads", "attention heads, which divide the width; default: 12", options->heads);
  CLI::Option& sets = add_names(layer, "--sets", "ragged batches by name, see below; instead of --lengths",
                                options->sets, set_called);
  add_numbers(layer, "--lengths", "tokens of a sequence; default: 16,128,512", options->lengths)
      .excludes(&sets);
  add_numbers(layer, "--batch", "sequences in a call; default: 1", options->batches).excludes(&sets);
  layer.add_flag("--causal", options->causal, "each token sees itself and those before it only");
  add_bench_options(layer, options->common);
  layer.footer(notes);
  layer.callback([options, &action] {
    check(*options);
    action = [options] { return BenchLayer(*options).run(); };
  });
}

}  // namespace saccade::command
