// Layers of trained models against what other implementations computed.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "fixtures/paths.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/test_data.hpp"
#include "layers/layer.hpp"
#include "reference/compare.hpp"

namespace saccade::test {
namespace {

/// gpt-nano-sort: its first layer's attention, as llm-viz traced it.
class Trace {
 public:
  static constexpr double tolerance = 2e-6;  // of the largest value: the trace itself is fp32

  static std::filesystem::path folder() { return data_path("models/gpt-nano-sort"); }
  static std::vector<float> partial(const std::string& name) {
    return read_npy(folder() / "npy-partials" / (name + ".npy"));
  }
  static std::vector<float> weight(const std::string& name) {
    return read_npy(folder() / "npy-weights" / ("transformer.h.0.attn." + name + ".npy"));
  }
  static std::vector<std::int64_t> offsets() { return {0, 11, 22, 33}; }
};

bool trace_is_missing() {
  return lacks(Trace::folder());
}

/// [batch][tokens][heads][head_dim] from [batch][heads][tokens][head_dim].
std::vector<float> by_token(const std::vector<float>& by_head) {
  std::vector<float> out(by_head.size());
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(by_head.size()); ++i) {
    const std::int64_t d = i % 16, t = i / 16 % 11, h = i / (16 * 11) % 3, b = i / (16 * 11 * 3);
    out[static_cast<std::size_t>(((b * 11 + t) * 3 + h) * 16 + d)] = by_head[static_cast<std::size_t>(i)];
  }
  return out;
}

struct Maps {
  std::vector<float> values = std::vector<float>(3 * 3 * 11 * 11);
  std::vector<ProbabilitiesRequest> requests;

  Maps() {
    const std::size_t one = 3 * 11 * 11;
    for (std::size_t s = 0; s < 3; ++s)
      requests.push_back(
          {.sequence = static_cast<std::int64_t>(s), .heads = {}, .out = {values.data() + s * one, one}});
  }
};

/// Scores are known up to a constant a row: log p_ij - log p_ii = s_ij - s_ii.
void check_scores(const std::vector<float>& probabilities, const std::vector<float>& scores) {
  double error = 0;
  for (std::size_t row = 0; row < scores.size(); row += 11) {
    const std::size_t own = row / 11 % 11;
    for (std::size_t j = 0; j <= own; ++j) {
      const double got = std::log(static_cast<double>(probabilities[row + j]) /
                                  static_cast<double>(probabilities[row + own]));
      const double expected = static_cast<double>(scores[row + j]) - static_cast<double>(scores[row + own]);
      error = std::max(error, std::abs(got - expected));
    }
  }
  CHECK(error < 5e-6);
}

TEST_CASE("outside data: the traced q, k and v give the traced scores, probabilities and outputs") {
  if (trace_is_missing()) return;
  const std::vector<float> q = Trace::partial("q"), k = Trace::partial("k"), v = Trace::partial("v");
  std::vector<float> out(q.size());
  Maps maps;
  Engine engine;
  const std::int64_t offsets[] = {0, 11};
  for (std::int64_t b = 0; b < 3; ++b) {  // head-major
    const std::int64_t from = b * 3 * 11 * 16;
    const auto view = [&](auto* data) { return ConstHeadsView{data + from, 11, 3, 16, 16, 11 * 16}; };
    ProbabilitiesRequest request = maps.requests[static_cast<std::size_t>(b)];
    request.sequence = 0;
    attention(engine,
              {view(q.data()),
               view(k.data()),
               view(v.data()),
               {out.data() + from, 11, 3, 16, 16, 11 * 16},
               offsets},
              {.scale = {}, .window = Window::causal(), .probabilities = {&request, 1}});
  }
  CHECK(relative_error<float>(by_token(out), Trace::partial("y")) < Trace::tolerance);
  CHECK(relative_error<float>(maps.values, Trace::partial("attSm")) < Trace::tolerance);
  check_scores(maps.values, Trace::partial("att"));
}

TEST_CASE("outside data: the traced qkv, fused, gives the same bits") {
  if (trace_is_missing()) return;
  const std::vector<float> qkv = Trace::partial("qkv");
  std::vector<float> fused(33 * 48), apart(33 * 48);
  const std::vector<float> q = by_token(Trace::partial("q")), k = by_token(Trace::partial("k")),
                           v = by_token(Trace::partial("v"));
  const std::vector<std::int64_t> offsets = Trace::offsets();
  Engine engine;
  const AttentionOptions causal = {.scale = {}, .window = Window::causal(), .probabilities = {}};
  const auto part = [&](std::int64_t column) {
    return ConstHeadsView{qkv.data() + column, 33, 3, 16, 144, 16};
  };
  const auto packed = [](auto* data) { return ConstHeadsView{data, 33, 3, 16, 48, 16}; };
  attention(engine, {part(0), part(48), part(96), {fused.data(), 33, 3, 16, 48, 16}, offsets}, causal);
  attention(
      engine,
      {packed(q.data()), packed(k.data()), packed(v.data()), {apart.data(), 33, 3, 16, 48, 16}, offsets},
      causal);
  CHECK(difference(fused, apart) == "");
}

TEST_CASE("outside data: the traced layer's weights give the traced probabilities, context and output") {
  if (trace_is_missing()) return;
  const std::vector<float> weight = Trace::weight("c_attn.weight"), bias = Trace::weight("c_attn.bias"),
                           out_weight = Trace::weight("c_proj.weight"),
                           out_bias = Trace::weight("c_proj.bias");
  const auto map = [&](std::size_t part) {  // stored [3 x out][in]
    return LinearWeights{48, 48, {weight.data() + part * 48 * 48, 48 * 48}, {bias.data() + part * 48, 48}};
  };
  Engine engine;
  const SelfAttention layer(
      engine, {.query = map(0), .key = map(1), .value = map(2), .output = {48, 48, out_weight, out_bias}}, 3);
  const LayerBatch batch = {48, Trace::offsets(), Trace::partial("ln1")};
  Maps maps;
  const LayerOutput got = forward(engine, layer, batch, Window::causal(), maps.requests);
  CHECK(relative_error<float>(got.context, Trace::partial("y")) < Trace::tolerance);
  CHECK(relative_error<float>(got.z, Trace::partial("yProj")) < Trace::tolerance);
  CHECK(relative_error<float>(maps.values, Trace::partial("attSm")) < Trace::tolerance);
  check_scores(maps.values, Trace::partial("att"));
}

/// The sentence encoder that comes with the project.
std::filesystem::path mini_folder() {
  return sample_model_path();
}

TEST_CASE("saccade-mini's first layer gives the context of its sample") {
  const TensorFile sample = TensorFile::open(mini_folder() / "sample.npz");
  const LayerBatch batch = {sample.at("x").shape[1], sample.read_integers("offsets"),
                            read_tensor(sample, "x")};
  Engine engine;
  const SelfAttention layer = SelfAttention::load(engine, mini_folder() / "model.safetensors",
                                                  {.heads = 4, .prefix = "encoder.layer.0"});
  int maps = 0;
  for (std::size_t s = 0; s < batch.sequences(); ++s) {
    const std::string name = "probabilities_" + std::to_string(s);
    if (sample.find(name) == nullptr) continue;
    std::vector<float> map(static_cast<std::size_t>(sample.at(name).elements()));
    const ProbabilitiesRequest request = {.sequence = static_cast<std::int64_t>(s), .heads = {}, .out = map};
    const LayerOutput got = forward(engine, layer, batch, Window::full(), {&request, 1});
    CHECK(relative_error<float>(got.context, read_tensor(sample, "context")) < 4e-6);
    CHECK(relative_error<float>(map, read_tensor(sample, name)) < 4e-6);
    ++maps;
  }
  CHECK(maps > 0);
}

}  // namespace
}  // namespace saccade::test
