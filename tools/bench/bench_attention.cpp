#include <memory>
#include <string>

#include "bench/bench_cases.hpp"
#include "bench/bench_measure.hpp"
#include "bench/bench_operands.hpp"
#include "bench/bench_options.hpp"
#include "bench/bench_subcommands.hpp"
#include "saccade/version.hpp"
#include "shell/stop_signals.hpp"

namespace saccade::command {
namespace {

using bench::AttentionShape;

struct BenchAttentionOptions {
  BenchOptions common;
  ShapeLists shapes;
  std::vector<StorageType> types = {StorageType::f32};
  std::vector<KeyLayout> layouts;  ///< empty: packed, and panels too where there is one query
};

const std::vector<Column> columns = {{"case", "case", Cell::text, 18},
                                     {"mask", "mask", Cell::text, 7},
                                     {"layout", "layout", Cell::text, 6},
                                     {"dtype", "dtype", Cell::text, 4},
                                     {"isa", "ISA", Cell::text, 6},
                                     {"threads", "threads"},
                                     {"seconds_median", "median", Cell::seconds},
                                     {"seconds_min", "min", Cell::seconds},
                                     {"spread", "spread", Cell::percent, 6},
                                     {"gflops", "GFLOP/s", Cell::decimal},
                                     {"gb_per_s", "GB/s", Cell::decimal, 6},
                                     {"share_of_peak", "share", Cell::percent},
                                     {"peak_of", "of", Cell::text, 14},
                                     {"workspace_bytes", "workspace", Cell::bytes},
                                     {"max_abs_err", "error", Cell::small},
                                     {"version", "saccade", Cell::text, 5}};

StorageType type_called(const std::string& name) {
  for (const StorageType type : {StorageType::f32, StorageType::f16, StorageType::bf16})
    if (name == to_string(type)) return type;
  throw CLI::ValidationError("--dtype", "there is no '" + name + "'; expected f32, f16 or bf16");
}

KeyLayout layout_called(const std::string& name) {
  for (const KeyLayout layout : {KeyLayout::packed, KeyLayout::bhsd, KeyLayout::panels})
    if (name == to_string(layout)) return layout;
  throw CLI::ValidationError("--layout", "there is no '" + name + "'; expected packed, bhsd or panels");
}

bench::MaskKind mask_called(const std::string& name) {
  for (const bench::MaskKind mask : bench::mask_kinds)
    if (name == to_string(mask)) return mask;
  throw CLI::ValidationError("--mask",
                             "there is no '" + name + "'; expected full, causal, random, padding or window");
}

std::vector<KeyLayout> layouts_for(const BenchAttentionOptions& options, const AttentionShape& shape) {
  if (!options.layouts.empty()) return options.layouts;
  if (shape.queries == 1) return {KeyLayout::packed, KeyLayout::panels};
  return {KeyLayout::packed};
}

class BenchAttention {
 public:
  explicit BenchAttention(const BenchAttentionOptions& options)
      : options_(options),
        shapes_(shapes_of(options.shapes)),
        engines_(make_engines(options.common)),
        table_(options.common.format, options.common.output, columns) {}

  int run() {
    for (const AttentionShape& shape : shapes_) {
      const bench::AttentionInputs inputs(shape);
      for (const StorageType type : options_.types)
        for (const KeyLayout layout : layouts_for(options_, shape)) run(shape, inputs, layout, type);
    }
    table_.finish();
    return 0;
  }

 private:
  void run(const AttentionShape& shape, const bench::AttentionInputs& inputs, KeyLayout layout,
           StorageType type) {
    AttentionOperands operands(*engines_.front(), shape, inputs, layout, type);
    // Decoding is limited by memory: one query reads each key and value once.
    const Peak peak = shape.queries == 1 ? Peak::read_bandwidth : Peak::fma;
    const double amount = shape.queries == 1 ? operands.key_value_bytes() : shape.flops();
    for (const auto& engine : engines_) {
      const Measurement m =
          measure(*engine, peak, amount, options_.common.repetitions, [&] { operands.attend(*engine); });
      // The fields that rows of other engines have too, under their names, come first.
      nlohmann::ordered_json row = {{"peer", "saccade"},
                                    {"version", version()},
                                    {"case", shape.name()},
                                    {"threads", engine->threads()},
                                    {"causal", shape.mask == bench::MaskKind::causal}};
      add_measured(row, *engine, m, shape.flops());
      row["reps"] = m.timing.calls;
      row["mask"] = to_string(shape.mask);
      row["peak_of"] = peak == Peak::fma ? "FMA peak" : "read bandwidth";
      row["gb_per_s"] = operands.key_value_bytes() / m.timing.median * 1e-9;
      row["layout"] = to_string(layout);
      row["dtype"] = to_string(type);
      row["workspace_bytes"] = operands.workspace(*engine);
      row["max_abs_err"] = bench::max_abs_error(shape, inputs, operands.outputs().data());
      table_.add(row);
    }
  }

  BenchAttentionOptions options_;
  std::vector<AttentionShape> shapes_;
  std::vector<std::unique_ptr<Engine>> engines_;
  BenchTable table_;
};

constexpr const char* notes =
    "Lists: 128,512,2048; ranges in them: 128-1024*2, 128-1024+128, 1-4. Each list goes with each other.\n"
    "\n"
    "Fields: seconds_median, seconds_min of a call, spread (first to third quartile, over the median), "
    "reps,\n"
    "gflops (4 * batch * heads * queries * keys * head_dim over the median; half where causal or padding,\n"
    "and of a window what lies in it), gb_per_s (keys and values once), share_of_peak (of the FMA peak of\n"
    "the same ISA and threads, measured in turn with the calls; where there is one query, of the bandwidth\n"
    "of reading memory, so that operands that fit in a cache may exceed 100 %), peak (GFLOP/s or GB/s),\n"
    "workspace_bytes (memory beyond inputs and outputs), max_abs_err (against double precision, over some\n"
    "rows).\n"
    "\n"
    "Examples: saccade bench attention --lengths 128-2048*2 --heads 12 --head-dim 64 --threads 1,2\n"
    "          saccade bench attention --queries 1 --lengths 1024 --batch 32 --dtype f32,f16\n"
    "          saccade bench attention --cases cases.txt --threads 1 --format jsonl -o attention.jsonl\n\n";

void add_shapes(CLI::App& attention, BenchAttentionOptions& options) {
  ShapeLists& shapes = options.shapes;
  CLI::Option& cases =
      *attention
           .add_option(
               "--cases", shapes.cases,
               "file of shapes, a line 'batch heads queries keys head_dim' for each, # before a comment")
           ->type_name("FILE");
  const auto add = [&](const char* name, const char* description, std::vector<std::int64_t>& numbers) {
    add_numbers(attention, name, description, numbers).excludes(&cases);
  };
  add("--lengths", "keys of a sequence; default: 128,512,2048", shapes.lengths);
  add("--queries", "queries of a sequence; 1: decoding; default: as many as keys", shapes.queries);
  add("--batch", "sequences in a call; default: 1", shapes.batches);
  add("--heads", "heads of queries; default: 12", shapes.heads);
  add("--kv-heads", "heads of keys and values, of which --heads is a multiple; default: as --heads",
      shapes.kv_heads);
  add("--head-dim", "values of a head; default: 64", shapes.head_dims);
  CLI::Option& masks = add_names(
      attention, "--mask",
      "which keys a query sees: full, causal, random (one in two), padding (the first half), window (the 256 "
      "up to its own); causal and window where there are as many queries as keys; default: full,causal",
      shapes.masks, mask_called);
  attention
      .add_flag_callback(
          "--causal", [&shapes] { shapes.masks = {bench::MaskKind::causal}; }, "the same as --mask causal")
      ->excludes(&masks);
  add_names(attention, "--dtype", "how queries, keys and values are stored: f32, f16, bf16; default: f32",
            options.types, type_called);
  add_names(attention, "--layout",
            "how keys and values lie: packed [tokens, heads, head_dim], bhsd [batch, heads, length, "
            "head_dim], panels of a key-value cache; default: packed, where there is one query panels too",
            options.layouts, layout_called);
}

}  // namespace

void add_bench_attention(CLI::App& bench, Action& action) {
  const auto options = std::make_shared<BenchAttentionOptions>();
  CLI::App& attention = *bench.add_subcommand("attention", "Times the attention operator");
  add_shapes(attention, *options);
  add_bench_options(attention, options->common);
  attention.footer(notes);
  attention.callback([options, &action] {
    if (options->shapes.cases.empty()) (void)shapes_of(options->shapes);  // what is wrong with them is usage
    action = [options] {
      catch_stop_signals();
      return BenchAttention(*options).run();
    };
  });
}

}  // namespace saccade::command
