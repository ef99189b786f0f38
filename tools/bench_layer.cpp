#include <memory>
#include <string>

#include "bench/random_layer.hpp"
#include "bench_measure.hpp"
#include "bench_options.hpp"
#include "bench_subcommands.hpp"
#include "saccade/version.hpp"
#include "stop_signals.hpp"

namespace saccade::command {
namespace {

struct BenchLayerOptions {
  BenchOptions common;
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
                                     {"workspace_bytes", "workspace", Cell::bytes},
                                     {"version", "saccade", Cell::text, 5}};

struct LayerShape {
  std::int64_t width, heads, batch, length;

  [[nodiscard]] std::string name() const {
    return "b" + std::to_string(batch) + "n" + std::to_string(length) + "w" + std::to_string(width) + "h" +
           std::to_string(heads);
  }
};

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
    for (const std::int64_t width : options_.widths)
      for (const std::int64_t heads : options_.heads) {
        const SelfAttention layer = bench::random_layer(*engines_.front(), width, heads);
        for (const std::int64_t batch : options_.batches)
          for (const std::int64_t length : options_.lengths) run(layer, {width, heads, batch, length});
      }
    table_.finish();
    return 0;
  }

 private:
  void run(const SelfAttention& layer, const LayerShape& shape) {
    std::vector<std::int64_t> offsets;
    for (std::int64_t s = 0; s <= shape.batch; ++s) offsets.push_back(s * shape.length);
    const std::int64_t tokens = offsets.back(), width = shape.width;
    const auto x = bench::random_values(static_cast<std::size_t>(tokens * width), 5);
    std::vector<float> z(x.size());
    const Window window = options_.causal ? Window::causal() : Window::full();
    const double flops = layer.flops(offsets, window);
    for (const auto& engine : engines_) {
      const Measurement m = measure(*engine, Peak::fma, flops, options_.common.repetitions, [&] {
        layer.forward(*engine, {{x.data(), tokens, width, width}, offsets}, {z.data(), tokens, width, width},
                      {.window = window});
      });
      nlohmann::ordered_json row = {{"peer", "saccade"},
                                    {"version", version()},
                                    {"case", shape.name()},
                                    {"threads", engine->threads()},
                                    {"causal", options_.causal}};
      add_measured(row, *engine, m, flops);
      row["tokens_per_s"] = static_cast<double>(tokens) / m.timing.median;
      row["reps"] = m.timing.calls;
      row["mask"] = options_.causal ? "causal" : "full";
      row["workspace_bytes"] = layer.workspace(*engine, offsets);
      table_.add(row);
    }
  }

  BenchLayerOptions options_;
  std::vector<std::unique_ptr<Engine>> engines_;
  BenchTable table_;
};

constexpr const char* notes =
    "A self-attention layer with random weights, input and output of the same width, fp32. Lists and ranges\n"
    "as in saccade bench attention --help, and the fields that have the same names. case: b for the batch, "
    "n\n"
    "for the tokens of a sequence, w for the width, h for the heads. gflops counts every product of the "
    "layer,\n"
    "and pairs that causal attention leaves out not at all.\n"
    "\n"
    "Example: saccade bench layer --width 768 --heads 12 --lengths 32-512*2 --threads 1\n\n";

}  // namespace

void add_bench_layer(CLI::App& bench, Action& action) {
  const auto options = std::make_shared<BenchLayerOptions>();
  CLI::App& layer = *bench.add_subcommand("layer", "Times a self-attention layer");
  add_numbers(layer, "--width", "values of a token; default: 384,768", options->widths);
  add_numbers(layer, "--heads", "attention heads, which divide the width; default: 12", options->heads);
  add_numbers(layer, "--lengths", "tokens of a sequence; default: 16,128,512", options->lengths);
  add_numbers(layer, "--batch", "sequences in a call; default: 1", options->batches);
  layer.add_flag("--causal", options->causal, "each token sees itself and those before it only");
  add_bench_options(layer, options->common);
  layer.footer(notes);
  layer.callback([options, &action] {
    check(*options);
    action = [options] {
      catch_stop_signals();
      return BenchLayer(*options).run();
    };
  });
}

}  // namespace saccade::command
