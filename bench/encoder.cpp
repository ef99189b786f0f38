// A whole encoder of all-MiniLM-L6-v2's shape, with random weights: each ISA, one thread and two. Loading it
// from a file that the system has in memory.

#include <unistd.h>

#include <filesystem>
#include <string>

#include "bench/batches.hpp"
#include "paired.hpp"
#include "random_minilm.hpp"
#include "saccade/encoder.hpp"

namespace saccade::bench {
namespace {

using minilm::feed_forward, minilm::layers, minilm::width;

/// A directory with the model, as long as it is wanted.
class ModelFolder {
 public:
  ModelFolder()
      : path_(std::filesystem::temp_directory_path() / ("saccade-bench-" + std::to_string(::getpid()))) {
    minilm::write_directory(path_);
  }
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;
  ~ModelFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const std::filesystem::path& model() {
  static const ModelFolder folder;
  return folder.path();
}

/// Of the linear maps and of attention.
double flops_of(const std::vector<std::int64_t>& offsets) {
  double products = static_cast<double>(offsets.back() * width * (4 * width + 2 * feed_forward));
  for (std::size_t s = 1; s < offsets.size(); ++s) {
    const auto length = static_cast<double>(offsets[s] - offsets[s - 1]);
    products += 2.0 * length * length * static_cast<double>(width);
  }
  return 2.0 * static_cast<double>(layers) * products;
}

void encode(benchmark::State& state, Isa isa, int threads, const char* batch) {
  Engine engine({.threads = threads, .isa = isa});
  const Encoder encoder = Encoder::load(engine, model());
  const std::vector<std::int64_t> offsets = batch_offsets(batch);
  const std::int64_t tokens = offsets.back();
  const std::vector<std::int32_t> ids = minilm::random_ids(tokens);
  std::vector<float> hidden(static_cast<std::size_t>(tokens * width));
  run_paired(
      state, engine, threads, flops_of(offsets),
      [&] {
        encoder.encode(engine, {.ids = ids, .offsets = offsets}, {hidden.data(), tokens, width, width});
      },
      static_cast<double>(tokens));
  const auto sequences = static_cast<double>(offsets.size() - 1);
  state.counters["sequences/s"] = state.counters["tokens/s"] * sequences / static_cast<double>(tokens);
}

void load(benchmark::State& state, int threads) {
  Engine engine({.threads = threads});
  (void)Encoder::load(engine, model());
  for (auto _ : state) benchmark::DoNotOptimize(Encoder::load(engine, model()));
}

[[maybe_unused]] const bool registered = [] {
  for (const int threads : {1, 2}) {
    const std::string name = "load/threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(name.c_str(), load, threads)->Unit(benchmark::kMillisecond)->UseRealTime();
  }
  for (const Isa isa : supported_isas()) {
    if (isa == Isa::scalar) continue;
    for (const int threads : {1, 2}) {
      for (const char* batch : batches) {
        const std::string name =
            "encoder/" + std::string(to_string(isa)) + "/threads:" + std::to_string(threads) + "/" + batch;
        paired(benchmark::RegisterBenchmark(name.c_str(), encode, isa, threads, batch));
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace saccade::bench
