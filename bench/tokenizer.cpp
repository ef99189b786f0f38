// Text to ids, on one thread: bytes of text a second, line by line, for each model and text of the test data
// that is there ($SACCADE_TEST_DATA).

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "saccade/tokenizer.hpp"

namespace saccade::bench {
namespace {

std::filesystem::path data_root() {
  const char* root = std::getenv("SACCADE_TEST_DATA");
  return root != nullptr ? root : SACCADE_TEST_DATA_DEFAULT;
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void tokenize(benchmark::State& state, const std::filesystem::path& model,
              const std::filesystem::path& text) {
  const Tokenizer tokenizer = Tokenizer::load(model);
  const std::vector<std::string> lines = lines_of(text);
  std::int64_t bytes = 0, tokens = 0;
  TokenBatch batch;
  for (auto _ : state) {
    batch.clear();
    for (const std::string& line : lines) {
      tokenizer.append(batch, line);
      bytes += static_cast<std::int64_t>(line.size());
    }
    tokens += batch.offsets().back();
  }
  state.SetBytesProcessed(bytes);
  state.counters["tokens/s"] = benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsRate);
}

void load(benchmark::State& state, const std::filesystem::path& model) {
  for (auto _ : state) benchmark::DoNotOptimize(Tokenizer::load(model).vocabulary_size());
}

[[maybe_unused]] const bool registered = [] {
  for (const char* const model : {"models/all-MiniLM-L6-v2-no-weights", "tokenizer/bert-base-chinese"}) {
    const std::filesystem::path folder = data_root() / model;
    if (!exists(folder)) continue;
    const std::string name = folder.filename().string();
    benchmark::RegisterBenchmark(("load/" + name).c_str(), load, folder)->Unit(benchmark::kMillisecond);
    for (const char* const text :
         {"sentences-en.txt", "paragraphs-en.txt", "sentences-zh.txt", "udhr_multilingual.tsv"}) {
      const std::filesystem::path path = data_root() / "text" / text;
      if (exists(path))
        benchmark::RegisterBenchmark(("tokenize/" + name + "/" + text).c_str(), tokenize, folder, path)
            ->Unit(benchmark::kMillisecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace saccade::bench
