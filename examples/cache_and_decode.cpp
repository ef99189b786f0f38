// A cache of keys and values: a prefill of several tokens, then one token at a time, with the bits of
// attention over all of them at once.

#include <saccade/saccade.hpp>

#include <cstdio>
#include <vector>

namespace {

constexpr std::int64_t heads = 2, head_dim = 16, width = heads * head_dim, tokens = 20, prefill = 16;

saccade::ConstHeadsView view(const std::vector<float>& values, std::int64_t first, std::int64_t count) {
  return {values.data() + first * width, count, heads, head_dim, width, head_dim};
}
saccade::HeadsView view(std::vector<float>& values, std::int64_t first, std::int64_t count) {
  return {values.data() + first * width, count, heads, head_dim, width, head_dim};
}

std::vector<float> values_of(unsigned seed) {
  std::vector<float> values(tokens * width);
  for (float& value : values)
    value = static_cast<float>((seed = seed * 1664525u + 1013904223u) >> 8) * 0x1p-24f;
  return values;
}

}  // namespace

int main() {
  const std::vector<float> q = values_of(1), k = values_of(2), v = values_of(3);
  std::vector<float> out(q.size()), at_once(q.size());
  saccade::Engine engine;
  constexpr saccade::Window causal = saccade::Window::causal();

  constexpr std::int64_t page = 32;  // one page of 32 tokens is enough for this sequence
  std::vector<float> keys(page * width), values(page * width);
  const saccade::KeyValueCache cache = {
      keys.data(), values.data(), saccade::StorageType::f32, heads, head_dim, head_dim, page, /*pages*/ 1};
  std::int64_t length = 0;
  const auto step = [&](std::int64_t count) {
    const std::int64_t offsets[] = {0, count}, before[] = {length}, after[] = {length + count};
    saccade::append(engine, cache, before, view(k, length, count), view(v, length, count), offsets);
    saccade::attention(engine,
                       {.q = view(q, length, count),
                        .cache = cache,
                        .out = view(out, length, count),
                        .offsets = offsets,
                        .lengths = after},
                       {.window = causal});
    length += count;
  };
  step(prefill);
  while (length < tokens) step(1);

  const std::int64_t all[] = {0, tokens};
  saccade::attention(
      engine, {view(q, 0, tokens), view(k, 0, tokens), view(v, 0, tokens), view(at_once, 0, tokens), all},
      {.window = causal});
  std::printf("token by token and at once: %s\n", out == at_once ? "the same bits" : "different");
  return out == at_once ? 0 : 1;
}
