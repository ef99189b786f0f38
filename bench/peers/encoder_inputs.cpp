// What bench/compare encoder gives to the engines: encoder_inputs FOLDER SET... writes
//   model/                a directory of the Hugging Face hub: all-MiniLM-L6-v2's shape, random weights
//   model.onnx            the same for ONNX Runtime
//   padded.onnx           the same with a mask
//   SET.jsonl             random ids, a line {"ids": [...]} for a sequence; SET as bench/batches.hpp knows it
//   SET.vectors           saccade's vectors of them, f32 [sequences][width]
// The same bytes on every machine.

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>

#include "bench/batches.hpp"
#include "bert_onnx.hpp"
#include "saccade/encoder.hpp"

namespace {

using namespace saccade;
namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
}

std::string lines_of(const std::vector<std::int32_t>& ids, const std::vector<std::int64_t>& offsets) {
  std::string lines;
  for (std::size_t s = 1; s < offsets.size(); ++s) {
    lines += R"({"ids": [)";
    for (std::int64_t t = offsets[s - 1]; t < offsets[s]; ++t)
      lines += (t > offsets[s - 1] ? ", " : "") + std::to_string(ids[static_cast<std::size_t>(t)]);
    lines += "]}\n";
  }
  return lines;
}

void write_set(const fs::path& folder, const std::string& name, Engine& engine, const Encoder& encoder) {
  const std::vector<std::int64_t> offsets = bench::batch_offsets(name);
  const std::vector<std::int32_t> ids = bench::minilm::random_ids(offsets.back());
  write(folder / (name + ".jsonl"), lines_of(ids, offsets));
  const auto sequences = static_cast<std::int64_t>(offsets.size()) - 1;
  const std::int64_t width = encoder.embedding_width();
  std::vector<float> vectors(static_cast<std::size_t>(sequences * width));
  encoder.embed(engine, {.ids = ids, .offsets = offsets}, {vectors.data(), sequences, width, width});
  write(folder / (name + ".vectors"),
        {reinterpret_cast<const char*>(vectors.data()), vectors.size() * sizeof(float)});
}

void write_all(const fs::path& folder, const std::vector<std::string>& sets) {
  bench::minilm::write_directory(folder / "model");
  const TensorFile weights = TensorFile::open(folder / "model" / "model.safetensors");
  write(folder / "model.onnx", bench::BertOnnx(weights, false).bytes());
  write(folder / "padded.onnx", bench::BertOnnx(weights, true).bytes());
  Engine engine;
  const Encoder encoder = Encoder::load(engine, folder / "model");
  for (const std::string& set : sets) write_set(folder, set, engine, encoder);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s FOLDER SET...\n", argv[0]);
    return 2;
  }
  try {
    write_all(argv[1], {argv + 2, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "encoder_inputs: %s\n", error.what());
    return 1;
  }
}
