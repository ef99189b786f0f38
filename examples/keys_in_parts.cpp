// Attention whose keys arrive in parts, from a file larger than memory or from several machines: running
// states for one part after the other, states of key blocks for parts computed at the same time. Both have
// the bits of one call.

#include <saccade/saccade.hpp>

#include <algorithm>
#include <cstdio>
#include <vector>

namespace {

constexpr std::int64_t heads = 2, head_dim = 32, width = heads * head_dim, queries = 8, keys = 2000,
                       part = 512;

std::vector<float> values_of(std::int64_t tokens, unsigned seed) {
  std::vector<float> values(tokens * width);
  for (float& value : values)
    value = static_cast<float>((seed = seed * 1664525u + 1013904223u) >> 8) * 0x1p-24f - 0.5f;
  return values;
}

saccade::ConstHeadsView view(const std::vector<float>& values, std::int64_t first, std::int64_t tokens) {
  return {values.data() + first * width, tokens, heads, head_dim, width, head_dim};
}

}  // namespace

int main() {
  const std::vector<float> q = values_of(queries, 1), k = values_of(keys, 2), v = values_of(keys, 3);
  std::vector<float> at_once(q.size()), out(q.size()), merged(q.size());
  const auto rows = [](std::vector<float>& to) {
    return saccade::HeadsView{to.data(), queries, heads, head_dim, width, head_dim};
  };
  saccade::Engine engine;
  const saccade::Window causal = saccade::Window::causal();
  const std::int64_t offsets[] = {0, queries}, all_keys[] = {0, keys};
  saccade::attention(
      engine, {view(q, 0, queries), view(k, 0, keys), view(v, 0, keys), rows(at_once), offsets, all_keys},
      {.window = causal});

  // The queries are the last tokens. `state` holds what a query needs of earlier keys, `states` what each
  // part gives.
  std::vector<float> state(queries * heads * (head_dim + 2));
  std::vector<std::vector<float>> states;
  std::vector<saccade::StatesView> parts;
  for (std::int64_t key = 0; key < keys; key += part) {
    const std::int64_t count = std::min(part, keys - key), key_offsets[] = {0, count}, first_key[] = {key},
                       first_query[] = {keys - queries};
    const saccade::AttentionTensors tensors = {
        view(q, 0, queries), view(k, key, count), view(v, key, count), rows(out), offsets, key_offsets};
    const saccade::AttentionOptions at = {
        .window = causal, .first_query_positions = first_query, .first_key_positions = first_key};
    const std::int64_t blocks = saccade::attention_blocks(count, key);
    auto of_part = at, continued = at;
    states.emplace_back(queries * heads * blocks * (head_dim + 2));
    parts.push_back({states.back().data(), blocks});
    of_part.states = parts.back();
    saccade::attention(engine, tensors, of_part);
    continued.running = {state.data(), /*start*/ key == 0};
    saccade::attention(engine, tensors, continued);  // `out` is the result over all keys so far
  }
  saccade::merge_states(engine, parts, rows(merged));
  const bool same = out == at_once && merged == at_once;
  std::printf("in parts and at once: %s\n", same ? "the same bits" : "different");
  return same ? 0 : 1;
}
