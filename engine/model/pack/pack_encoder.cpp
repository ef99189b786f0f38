#include "model/pack/pack_encoder.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "core/as_size.hpp"
#include "model/pack/relative_bias.hpp"

namespace saccade::model {
namespace {

using core::as_size;

class Packer {
 public:
  Packer(scheduler::ExecutionContext& state, const EncoderConfig& config) : state_(state), config_(config) {}

  template <class... Maps>
  [[nodiscard]] ops::PackedWeights maps(const Maps&... maps) const {
    return ops::pack_weights(state_, std::array{maps...});
  }

  [[nodiscard]] layers::PackedNorm norm(const NormView& view) const {
    return {ops::to_fp32(state_, view.gamma), ops::to_fp32(state_, view.beta),
            static_cast<float>(config_.shape.norm.epsilon)};
  }

  [[nodiscard]] layers::PackedBlock block(const BlockWeights& w) const {
    return {.qkv = maps(w.query, w.key, w.value),
            .attention_output = maps(w.attention_output),
            .attention_norm = norm(w.attention_norm),
            .gate_up = config_.shape.gated() ? maps(w.gate, w.up) : maps(w.up),
            .down = maps(w.down),
            .feed_forward_norm = norm(w.feed_forward_norm)};
  }

  /// Copies the tables one after the other, in their stored type, or in fp32 where their types differ.
  void embeddings(const EncoderWeights& weights, layers::PackedEncoder& packed) const {
    ops::EmbeddingTables& tables = packed.embeddings;
    const std::array<std::pair<const WeightView*, WeightView*>, 3> all = {
        {{&weights.word, &tables.words},
         {&weights.type, &tables.types},
         {&weights.position, &tables.positions}}};
    StorageType type = weights.word.type;
    std::int64_t elements = 0;
    for (const auto& [from, to] : all) {
      if (*from && from->type != type) type = StorageType::f32;
      elements += from->elements();
    }
    packed.tables = AlignedBuffer<std::byte>(as_size(elements) * size_of(type));
    std::byte* next = packed.tables.data();
    for (const auto& [from, to] : all) {
      if (!*from) continue;
      if (type == StorageType::f32) {
        ops::to_fp32(state_, *from, reinterpret_cast<float*>(next));
      } else {
        std::memcpy(next, from->data, as_size(from->elements()) * size_of(type));
      }
      *to = {next, type, from->rows, from->columns, from->columns};
      next += as_size(from->elements()) * size_of(type);
    }
    tables.first_position = config_.first_position;
    tables.pad_token_id = config_.pad_token_id;
  }

 private:
  scheduler::ExecutionContext& state_;
  const EncoderConfig& config_;
};

/// Adds the layers, and a rotary table for each base.
void add_layers(scheduler::ExecutionContext& state, const EncoderConfig& config,
                layers::PackedEncoder& packed) {
  std::map<double, std::ptrdiff_t> tables;
  for (const layers::LayerShape& shape : config.layers) {
    layers::PackedLayer layer = {.shape = shape};
    if (shape.rope_theta != 0) {
      const auto [found, added] =
          tables.try_emplace(shape.rope_theta, static_cast<std::ptrdiff_t>(packed.rotary.size()));
      if (added)
        packed.rotary.push_back(ops::make_rotary_table(state, shape.rope_theta,
                                                       config.shape.attention.head_dim, config.max_tokens));
      layer.rotary = found->second;
    }
    packed.layers.push_back(layer);
  }
}

}  // namespace

std::unique_ptr<layers::PackedEncoder> pack_encoder(scheduler::ExecutionContext& state,
                                                    const EncoderConfig& config,
                                                    const EncoderWeights& weights) {
  const Packer packer(state, config);
  auto packed = std::make_unique<layers::PackedEncoder>();
  packed->shape = config.shape;
  packed->max_tokens = config.max_tokens;
  packer.embeddings(weights, *packed);
  packed->embedding_norm = packer.norm(weights.embedding_norm);
  if (config.projects_embeddings) packed->embedding_projection = packer.maps(weights.embedding_projection);
  for (const BlockWeights& block : weights.blocks) packed->blocks.push_back(packer.block(block));
  add_layers(state, config, *packed);
  if (config.relative_buckets != 0)
    packed->distance_bias =
        distance_bias(ops::to_fp32(state, weights.relative_attention_bias), config.num_attention_heads(),
                      config.max_tokens, {config.relative_buckets, config.relative_distance});
  packed->final_norm = packer.norm(weights.final_norm);
  return packed;
}

}  // namespace saccade::model
