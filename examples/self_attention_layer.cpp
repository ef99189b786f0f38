// A self-attention layer with its weights from a .safetensors file, over the hidden states of several
// sentences; and what one of the tokens attends to.

#include <saccade/saccade.hpp>

#include <cstdio>
#include <vector>

int main() {
  const char* const model = "tools/models/saccade-mini";
  saccade::Engine engine;
  const auto layer = saccade::SelfAttention::load(engine, std::string(model) + "/model.safetensors",
                                                  {.heads = 4, .prefix = "encoder.layer.0."});
  const auto file = saccade::TensorFile::open(std::string(model) + "/sample.npz");
  const std::vector<std::int64_t> offsets = file.read_integers("offsets");
  const std::int64_t tokens = offsets.back(), width = layer.width();
  std::vector<float> x(static_cast<std::size_t>(tokens * width)), z(x.size());
  file.read("x", 0, x);

  // Every head's attention from every token of the first sentence to every other.
  std::vector<float> map(static_cast<std::size_t>(layer.heads() * offsets[1] * offsets[1]));
  const saccade::ProbabilitiesRequest request = {.sequence = 0, .out = map};
  layer.forward(engine, {{x.data(), tokens, width, width}, offsets}, {z.data(), tokens, width, width},
                {.probabilities = {&request, 1}});

  // Token 9, "its", to token 2, "law", by the mean of the heads.
  float law = 0;
  for (std::int64_t head = 0; head < layer.heads(); ++head)
    law += map[static_cast<std::size_t>((head * offsets[1] + 9) * offsets[1] + 2)] / 4;
  std::printf("\"its\" attends to \"law\" by %.1f %%\n", 100.0 * static_cast<double>(law));
  return law > 0.08f ? 0 : 1;
}
