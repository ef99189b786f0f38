#include "model/pack/pack_encoder.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>

#include "core/as_size.hpp"
#include "model/pack/pack_linear.hpp"
#include "model/pack/relative_bias.hpp"

namespace saccade::model {
namespace {

using core::as_size;

class Packer {
 public:
  Packer(Engine::State& state, const EncoderConfig& config) : state_(state), config_(config) {}

  [[nodiscard]] ops::PackedWeights maps(std::initializer_list<const LinearView*> maps) const {
    return pack_linear(state_, maps);
  }

  [[nodiscard]] std::vector<float> values(const WeightView& weight) const {
    std::vector<float> out(as_size(weight.elements()));
    if (weight) ops::convert(state_, weight.data, weight.type, weight.elements(), out.data());
    return out;
  }

  [[nodiscard]] layers::PackedNorm norm(const NormView& view) const {
    return {values(view.gamma), values(view.beta), static_cast<float>(config_.norm_epsilon)};
  }

  [[nodiscard]] layers::PackedBlock block(const EncoderLayerWeights& w) const {
    return {
        .qkv = maps({&w.query, &w.key, &w.value}),
        .output = maps({&w.attention_output}),
        .attention_norm = norm(w.attention_norm),
        .up = config_.gated ? maps({&w.feed_forward_in, &w.feed_forward_gate}) : maps({&w.feed_forward_in}),
        .down = maps({&w.feed_forward_out}),
        .output_norm = norm(w.feed_forward_norm)};
  }

  /// Tables one after the other, in fp32.
  void embeddings(const EncoderWeights& weights, layers::PackedEncoder& packed) const {
    ops::EmbeddingTables& tables = packed.embeddings;
    const std::array<std::pair<const WeightView*, ConstMatrixView*>, 3> all = {
        {{&weights.word, &tables.words},
         {&weights.type, &tables.types},
         {&weights.position, &tables.positions}}};
    std::int64_t size = 0;
    for (const auto& [from, to] : all) size += from->elements();
    packed.tables = AlignedBuffer<float>(as_size(size));
    float* next = packed.tables.data();
    for (const auto& [from, to] : all) {
      if (!*from) continue;
      ops::convert(state_, from->data, from->type, from->elements(), next);
      *to = {next, from->rows, from->columns, from->columns};
      next += from->elements();
    }
    tables.first_position = config_.first_position;
  }

 private:
  Engine::State& state_;
  const EncoderConfig& config_;
};

/// Where each layer stands, and a rotary table for each base.
void stack(Engine::State& state, const EncoderConfig& config, layers::PackedEncoder& packed) {
  std::map<double, std::ptrdiff_t> tables;
  for (const EncoderLayer& layer : config.layers) {
    layers::StackPlace place = {.block = as_size(layer.weights), .window = layer.window};
    if (layer.rope_theta != 0) {
      const auto [found, added] =
          tables.try_emplace(layer.rope_theta, static_cast<std::ptrdiff_t>(packed.rotary.size()));
      if (added)
        packed.rotary.push_back(
            ops::make_rotary_table(state, layer.rope_theta, packed.head_dim, config.max_tokens));
      place.rotary = found->second;
    }
    packed.stack.push_back(place);
  }
}

}  // namespace

std::unique_ptr<layers::PackedEncoder> pack_encoder(Engine::State& state, const EncoderConfig& config,
                                                    const EncoderWeights& weights) {
  const Packer packer(state, config);
  auto packed = std::make_unique<layers::PackedEncoder>();
  packed->width = config.width;
  packed->heads = config.heads;
  packed->head_dim = config.width / config.heads;
  packed->feed_forward = config.feed_forward;
  packed->activation = config.activation;
  packed->norm_first = config.pre_norm;
  packed->gated = config.gated;
  packed->max_tokens = config.max_tokens;
  packed->padding_token = config.uncounted_token;
  packer.embeddings(weights, *packed);
  packed->embedding_norm = packer.norm(weights.embedding_norm);
  if (config.projects_embeddings) packed->projection = packer.maps({&weights.embedding_projection});
  for (const EncoderLayerWeights& layer : weights.layers) packed->blocks.push_back(packer.block(layer));
  stack(state, config, *packed);
  if (config.relative_buckets != 0)
    packed->distance_bias =
        distance_bias(packer.values(weights.relative_bias), config.heads, config.max_tokens,
                      {config.relative_buckets, config.relative_distance});
  packed->final_norm = packer.norm(weights.final_norm);
  return packed;
}

}  // namespace saccade::model
