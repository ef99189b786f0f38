#include "bench/bench_subcommands.hpp"

namespace saccade::command {

void add_bench(CLI::App& app, Action& action) {
  CLI::App& bench = *app.add_subcommand(
      "bench", "Times attention, a layer or an encoder, as a share of what the machine can do");
  bench.require_subcommand(1);
  bench.footer(
      "Examples: saccade bench attention --lengths 128-2048*2 --threads 1,2\n"
      "          saccade bench layer --width 384,768 --heads 12 --lengths 32 --batch 128\n"
      "          saccade bench encoder --model all-MiniLM-L6-v2 --sets texts.jsonl --format csv\n\n"
      "saccade bench PART --help tells the options and fields of a part. Two calls go first, then calls are\n"
      "timed one by one until they took half a second, three at least. The peak is measured in turn with\n"
      "them in the same process, slice by slice, since clock and neighbours change.\n\n");
  add_bench_attention(bench, action);
  add_bench_layer(bench, action);
  add_bench_encoder(bench, action);
}

}  // namespace saccade::command
