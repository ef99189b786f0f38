#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "fixtures/paths.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/test_data.hpp"
#include "layers/layer.hpp"
#include "reference/compare.hpp"

namespace saccade::test {
namespace {

constexpr double tolerance = 4e-6;  // of the largest output

/// The "heads" that a .safetensors file's metadata tells.
std::int64_t heads_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t size = 0;
  file.read(reinterpret_cast<char*>(&size), sizeof size);
  std::string header(size, ' ');
  file.read(header.data(), static_cast<std::streamsize>(size));
  return std::stoll(nlohmann::json::parse(header).at("__metadata__").at("heads").get<std::string>());
}

/// The layer of a file, which has an output projection or not.
SelfAttention load_layer(Engine& engine, const std::filesystem::path& path) {
  const bool has_output = TensorFile::open(path).find("output.weight") != nullptr;
  return SelfAttention::load(engine, path,
                             {.heads = heads_of(path), .prefix = {}, .has_output_projection = has_output});
}

/// A file with a layer, its input and its outputs in float64 arithmetic.
class GoldenLayer {
 public:
  explicit GoldenLayer(const std::filesystem::path& path)
      : file_(TensorFile::open(path)), heads_(heads_of(path)) {
    const TensorInfo& x = file_.at("x");
    batch_ = {x.shape[1], file_.read_integers("offsets"), read_tensor(file_, "x")};
  }

  void check(Engine& engine) {
    const SelfAttention layer = load_layer(engine, file_.path());
    take_requests();
    const LayerOutput got = forward(engine, layer, batch_, Window::full(), requests_);
    CHECK(relative_error<float>(got.z, read_tensor(file_, "z")) <= tolerance);
    CHECK(relative_error<float>(got.context, read_tensor(file_, "context")) <= tolerance);
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      const std::string name = "probabilities_" + std::to_string(requests_[i].sequence);
      CAPTURE(name);
      CHECK(relative_error<float>(maps_[i], read_tensor(file_, name)) <= tolerance);
    }
    check_rows(engine, layer, got);
  }

 private:
  void take_requests() {
    for (std::size_t s = 0; s < batch_.sequences(); ++s) {
      const TensorInfo* info = file_.find("probabilities_" + std::to_string(s));
      if (info == nullptr) continue;
      maps_.emplace_back(static_cast<std::size_t>(info->elements()));
      requests_.push_back({.sequence = static_cast<std::int64_t>(s), .heads = {}, .out = maps_.back()});
    }
  }

  /// The first row of each sequence has the bits of the whole.
  void check_rows(Engine& engine, const SelfAttention& layer, const LayerOutput& all) const {
    for (std::size_t s = 0; s < batch_.sequences(); ++s) {
      if (batch_.length(s) == 0) return;
    }
    const RowsOutput rows = attend(engine, layer, batch_, {0});
    for (std::size_t s = 0; s < batch_.sequences(); ++s) {
      const auto row = static_cast<std::int64_t>(s);
      CHECK(difference(rows_of(rows.z, layer.output_width(), row, 1),
                       rows_of(all.z, layer.output_width(), batch_.offsets[s], 1)) == "");
    }
  }

  TensorFile file_;
  std::int64_t heads_;
  LayerBatch batch_;
  std::vector<std::vector<float>> maps_;
  std::vector<ProbabilitiesRequest> requests_;
};

TEST_CASE("every golden layer is reproduced") {
  const std::filesystem::path folder = data_path("self-attention-layer");
  if (lacks(folder)) return;
  int layers = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    Engine engine({.threads = 2, .isa = {}});
    GoldenLayer(entry.path()).check(engine);
    ++layers;
  }
  CHECK(layers > 0);
}

TEST_CASE("same bits: every golden layer on every ISA and any number of threads") {
  const std::filesystem::path folder = data_path("self-attention-layer");
  if (lacks(folder)) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    const std::string name = entry.path().filename().string();
    CAPTURE(name);
    const TensorFile file = TensorFile::open(entry.path());
    LayerBatch batch = {file.at("x").shape[1], file.read_integers("offsets"), read_tensor(file, "x")};
    std::vector<float> first;
    for (const Isa isa : supported_isas()) {
      if (isa == Isa::scalar && file.at("x").elements() > 100000) continue;
      for (const int threads : {1, 3}) {
        Engine engine({.threads = threads, .isa = isa});
        const SelfAttention layer = load_layer(engine, entry.path());
        const std::vector<float> z = forward(engine, layer, batch).z;
        if (first.empty()) first = z;
        CHECK(difference(z, first) == "");
      }
    }
  }
}

}  // namespace
}  // namespace saccade::test
