// The self-attention layer over ragged batches: each ISA, one thread and two.

#include <cmath>
#include <string>

#include "bench/batches.hpp"
#include "bench/random.hpp"
#include "bench/random_layer.hpp"
#include "paired.hpp"
#include "saccade/self_attention.hpp"

namespace saccade::bench {
namespace {

struct LayerShape {
  const char* batch;
  std::int64_t width, heads;
};

void run(benchmark::State& state, Isa isa, int threads, const LayerShape& shape) {
  Engine engine({.threads = threads, .isa = isa});
  const SelfAttention layer = random_layer(engine, shape.width, shape.heads);
  const std::vector<std::int64_t> offsets = batch_offsets(shape.batch);
  const std::int64_t tokens = offsets.back(), width = shape.width;
  const auto x = random_values(static_cast<std::size_t>(tokens * width), 5);
  std::vector<float> z(x.size());
  run_paired(
      state, engine, threads, layer.flops(offsets),
      [&] {
        layer.forward(engine, {{x.data(), tokens, width, width}, offsets}, {z.data(), tokens, width, width});
      },
      static_cast<double>(tokens));
}

[[maybe_unused]] const bool registered = [] {
  for (const Isa isa : supported_isas()) {
    if (isa == Isa::scalar) continue;
    for (const int threads : {1, 2}) {
      for (const std::int64_t width : {384, 768}) {
        for (const char* batch : batches) {
          const LayerShape shape = {batch, width, 12};
          const std::string name = "layer/" + std::string(to_string(isa)) +
                                   "/threads:" + std::to_string(threads) + "/" + batch +
                                   "/width:" + std::to_string(width);
          paired(benchmark::RegisterBenchmark(name.c_str(), run, isa, threads, shape));
        }
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace saccade::bench
