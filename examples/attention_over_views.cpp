// Causal attention over a ragged batch whose queries, keys and values are interleaved in one buffer, as a
// fused projection writes them: views describe where each token and head begins, and nothing is copied.

#include <saccade/saccade.hpp>

#include <cstdio>
#include <vector>

int main() {
  constexpr std::int64_t heads = 4, head_dim = 32, width = heads * head_dim, tokens = 9;
  const std::vector<std::int64_t> offsets = {0, 5, 9};  // two sequences, of 5 and 4 tokens
  std::vector<float> qkv(tokens * 3 * width), out(tokens * width);
  for (std::size_t i = 0; i < qkv.size(); ++i) qkv[i] = static_cast<float>(i % 17) / 17.0f - 0.5f;

  const auto part = [&](std::int64_t number) {  // 0: queries, 1: keys, 2: values
    return saccade::ConstHeadsView{qkv.data() + number * width, tokens, heads, head_dim, 3 * width, head_dim};
  };
  saccade::Engine engine;
  saccade::attention(engine,
                     {.q = part(0),
                      .k = part(1),
                      .v = part(2),
                      .out = {out.data(), tokens, heads, head_dim, width, head_dim},
                      .offsets = offsets},
                     {.window = saccade::Window::causal()});

  // To the first token of a sequence only its own key is visible: its output is its value.
  const float* const value = qkv.data() + 5 * 3 * width + 2 * width;
  std::printf("token 5, its output and its value: %g %g\n", static_cast<double>(out[5 * width]),
              static_cast<double>(value[0]));
  return out[5 * width] == value[0] ? 0 : 1;
}
