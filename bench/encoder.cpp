// A whole encoder of all-MiniLM-L6-v2's shape, with random weights: each ISA, one thread and two. Loading it
// from a file that the system has in memory.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "batches.hpp"
#include "paired.hpp"
#include "random.hpp"
#include "saccade/encoder.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::bench {
namespace {

constexpr std::int64_t width = 384, layers = 6, feed_forward = 1536, vocabulary = 30522;

constexpr const char* config = R"({"model_type": "bert", "hidden_act": "gelu", "hidden_size": 384,
  "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536, "vocab_size": 30522,
  "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12})";

std::vector<TensorInfo> bert_tensors() {
  std::vector<TensorInfo> all;
  const auto map = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    all.push_back({.name = name + ".weight", .shape = {out, in}});
    all.push_back({.name = name + ".bias", .shape = {out}});
  };
  const auto norm = [&](const std::string& name) {
    all.push_back({.name = name + ".weight", .shape = {width}});
    all.push_back({.name = name + ".bias", .shape = {width}});
  };
  const auto table = [&](const std::string& name, std::int64_t rows) {
    all.push_back({.name = "embeddings." + name + "_embeddings.weight", .shape = {rows, width}});
  };
  table("word", vocabulary);
  table("position", 512);
  table("token_type", 2);
  norm("embeddings.LayerNorm");
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const std::string prefix = "encoder.layer." + std::to_string(layer) + ".";
    for (const char* part : {"query", "key", "value"}) map(prefix + "attention.self." + part, width, width);
    map(prefix + "attention.output.dense", width, width);
    norm(prefix + "attention.output.LayerNorm");
    map(prefix + "intermediate.dense", feed_forward, width);
    map(prefix + "output.dense", width, feed_forward);
    norm(prefix + "output.LayerNorm");
  }
  return all;
}

/// A directory with the model, as long as it is wanted.
class ModelFolder {
 public:
  ModelFolder()
      : path_(std::filesystem::temp_directory_path() / ("saccade-bench-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
    std::ofstream(path_ / "config.json") << config;
    const std::vector<TensorInfo> tensors = bert_tensors();
    TensorFileWriter writer(path_ / "model.safetensors", tensors);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      auto values = random_values(static_cast<std::size_t>(tensors[i].elements()), i + 1);
      for (float& value : values) value *= 0.05f;
      writer.append(tensors[i].name, values);
    }
    writer.commit();
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

std::vector<std::int32_t> random_ids(std::int64_t tokens) {
  std::vector<std::int32_t> ids;
  for (const float x : random_values(static_cast<std::size_t>(tokens), 9))
    ids.push_back(static_cast<std::int32_t>((x + 4.0f) / 8.0f * static_cast<float>(vocabulary)));
  return ids;
}

void encode(benchmark::State& state, Isa isa, int threads, const char* batch) {
  Engine engine({.threads = threads, .isa = isa});
  const Encoder encoder = Encoder::load(engine, model());
  const std::vector<std::int64_t> offsets = batch_offsets(batch);
  const std::int64_t tokens = offsets.back();
  const std::vector<std::int32_t> ids = random_ids(tokens);
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
