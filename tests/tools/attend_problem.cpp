#include "tools/attend_problem.hpp"

#include <doctest/doctest.h>

#include "saccade/saccade.hpp"

namespace saccade::test {
namespace {

std::string bytes_of(const Floats& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

HeadsView view(Floats& values, std::int64_t heads_of_view, std::int64_t size) {
  const std::int64_t stride = heads_of_view * size;
  return {.data = values.data(),
          .tokens = static_cast<std::int64_t>(values.size()) / stride,
          .heads = heads_of_view,
          .head_dim = size,
          .token_stride = stride,
          .head_stride = size};
}

}  // namespace

void check_same_bits(const std::filesystem::path& path, const std::string& name, const Floats& expected) {
  INFO(name);
  CHECK(bytes_of(read_floats(path, name)) == bytes_of(expected));
}

void Problem::compute(bool mean) {
  Engine engine;
  out.assign(static_cast<std::size_t>(queries() * heads * value_dim), 0);
  lse.assign(static_cast<std::size_t>(queries() * heads), 0);
  top_probabilities.assign(static_cast<std::size_t>(queries() * heads * top), 0);
  top_keys.assign(top_probabilities.size(), 0);
  maps.clear();
  std::vector<ProbabilitiesRequest> requests;
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
    const Integers shape = map_shape(s);
    maps.emplace_back(static_cast<std::size_t>((mean ? 1 : shape[0]) * shape[1] * shape[2]));
    requests.push_back(
        {.sequence = static_cast<std::int64_t>(s), .out = maps.back(), .mean_over_heads = mean});
  }
  AttentionOptions all = options;
  all.probabilities = requests;
  all.log_sum_exp = view(lse, heads, 1);
  all.top_keys = {top, top_keys.data(), top_probabilities.data(), heads * top, top};
  attention(engine,
            {view(q, heads, head_dim), view(k, kv_heads, head_dim), view(v, kv_heads, value_dim),
             view(out, heads, value_dim), offsets, key_offsets},
            all);
}

Tensors Problem::packed() const {
  return {floats("q", {queries(), heads, head_dim}, q), floats("k", {keys(), kv_heads, head_dim}, k),
          floats("v", {keys(), kv_heads, value_dim}, v), integers("offsets", offsets),
          integers("kv_offsets", key_offsets)};
}

void Problem::check_maps(const std::filesystem::path& path) const {
  for (std::size_t s = 0; s < maps.size(); ++s) {
    const std::string name = "probabilities_" + std::to_string(s);
    CHECK(shape_of(path, name) == map_shape(s));
    check_same_bits(path, name, maps[s]);
  }
}

void Problem::check_packed(const std::filesystem::path& path) const {
  CHECK(shape_of(path, "out") == Integers{queries(), heads, value_dim});
  CHECK(shape_of(path, "lse") == Integers{queries(), heads});
  CHECK(shape_of(path, "topk_keys") == Integers{queries(), heads, top});
  check_same_bits(path, "out", out);
  check_same_bits(path, "lse", lse);
  check_same_bits(path, "topk_probabilities", top_probabilities);
  CHECK(read_integers(path, "topk_keys") == Integers(top_keys.begin(), top_keys.end()));
  CHECK(TensorFile::open(path).at("topk_keys").type == StorageType::i32);
  CHECK(read_integers(path, "offsets") == offsets);
  check_maps(path);
}

Problem ragged() {
  return {.offsets = {0, 3, 3, 8}, .key_offsets = {0, 5, 7, 13}};
}

Problem uniform() {
  return {.offsets = {0, 4, 8, 12}, .key_offsets = {0, 6, 12, 18}};
}

Tensors bshd(const Problem& p) {
  return {floats("q", {3, 4, heads, head_dim}, p.q), floats("k", {3, 6, kv_heads, head_dim}, p.k),
          floats("v", {3, 6, kv_heads, value_dim}, p.v)};
}

Tensors plain() {
  return {random_tensor("q", {4, heads, head_dim}), random_tensor("k", {4, kv_heads, head_dim}),
          random_tensor("v", {4, kv_heads, value_dim})};
}

}  // namespace saccade::test
