#include "model/config/encoder_family.hpp"

#include <algorithm>

namespace saccade::model {
namespace {

constexpr ConfigKeys bert_keys = {.num_hidden_layers = "num_hidden_layers",
                                  .hidden_size = "hidden_size",
                                  .num_attention_heads = "num_attention_heads",
                                  .intermediate_size = "intermediate_size",
                                  .hidden_act = "hidden_act",
                                  .layer_norm_eps = "layer_norm_eps",
                                  .type_vocab_size = "type_vocab_size",
                                  .embedding_size = ""};

constexpr ConfigDefaults bert_defaults = {.num_hidden_layers = 12,
                                          .hidden_size = 768,
                                          .num_attention_heads = 12,
                                          .intermediate_size = 3072,
                                          .vocab_size = 30522,
                                          .max_position_embeddings = 512,
                                          .type_vocab_size = 2,
                                          .embedding_size = 0,
                                          .pad_token_id = 0,
                                          .hidden_act = "gelu",
                                          .layer_norm_eps = 1e-12};

constexpr TensorNames bert_names = {.word = "embeddings.word_embeddings",
                                    .position = "embeddings.position_embeddings",
                                    .type = "embeddings.token_type_embeddings",
                                    .embedding_norm = "embeddings.LayerNorm",
                                    .embedding_projection = "",
                                    .relative_attention_bias = "",
                                    .final_norm = "",
                                    .layer = "encoder.layer.#.",
                                    .query = "attention.self.query",
                                    .key = "attention.self.key",
                                    .value = "attention.self.value",
                                    .attention_output = "attention.output.dense",
                                    .attention_norm = "attention.output.LayerNorm",
                                    .gate = "",
                                    .up = "intermediate.dense",
                                    .down = "output.dense",
                                    .feed_forward_norm = "output.LayerNorm"};

constexpr EncoderFamily bert = {
    .model_type = "bert", .keys = bert_keys, .defaults = bert_defaults, .names = bert_names};

constexpr EncoderFamily roberta_of(std::string_view model_type, std::int64_t vocabulary) {
  EncoderFamily family = bert;
  family.model_type = model_type;
  family.positions = Positions::after_padding;
  family.defaults.vocab_size = vocabulary;
  family.defaults.pad_token_id = 1;
  return family;
}

constexpr EncoderFamily distilbert_of() {
  EncoderFamily family = bert;
  family.model_type = "distilbert";
  family.keys = {.num_hidden_layers = "n_layers",
                 .hidden_size = "dim",
                 .num_attention_heads = "n_heads",
                 .intermediate_size = "hidden_dim",
                 .hidden_act = "activation",
                 .layer_norm_eps = "",
                 .type_vocab_size = "",
                 .embedding_size = ""};
  family.defaults.num_hidden_layers = 6;
  family.defaults.type_vocab_size = 0;
  family.names.type = "";
  family.names.layer = "transformer.layer.#.";
  family.names.query = "attention.q_lin";
  family.names.key = "attention.k_lin";
  family.names.value = "attention.v_lin";
  family.names.attention_output = "attention.out_lin";
  family.names.attention_norm = "sa_layer_norm";
  family.names.up = "ffn.lin1";
  family.names.down = "ffn.lin2";
  family.names.feed_forward_norm = "output_layer_norm";
  return family;
}

constexpr EncoderFamily mpnet_of() {
  EncoderFamily family = bert;
  family.model_type = "mpnet";
  family.positions = Positions::after_padding;
  family.padding_is_fixed = true;
  family.keys.type_vocab_size = "";
  family.defaults.vocab_size = 30527;
  family.defaults.type_vocab_size = 0;
  family.defaults.pad_token_id = 1;
  family.names.type = "";
  family.names.relative_attention_bias = "encoder.relative_attention_bias";
  family.names.query = "attention.attn.q";
  family.names.key = "attention.attn.k";
  family.names.value = "attention.attn.v";
  family.names.attention_output = "attention.attn.o";
  family.names.attention_norm = "attention.LayerNorm";
  return family;
}

constexpr EncoderFamily electra_of() {
  EncoderFamily family = bert;
  family.model_type = "electra";
  family.keys.embedding_size = "embedding_size";
  family.defaults.hidden_size = 256;
  family.defaults.num_attention_heads = 4;
  family.defaults.intermediate_size = 1024;
  family.defaults.embedding_size = 128;
  family.names.embedding_projection = "embeddings_project";
  return family;
}

constexpr EncoderFamily albert_of() {
  EncoderFamily family = bert;
  family.model_type = "albert";
  family.always_projects = true;
  family.shares_layers = true;
  family.keys.embedding_size = "embedding_size";
  family.defaults.hidden_size = 4096;
  family.defaults.num_attention_heads = 64;
  family.defaults.intermediate_size = 16384;
  family.defaults.vocab_size = 30000;
  family.defaults.embedding_size = 128;
  family.defaults.hidden_act = "gelu_new";
  family.names.embedding_projection = "encoder.embedding_hidden_mapping_in";
  family.names.layer = "encoder.albert_layer_groups.#.albert_layers.#.";
  family.names.query = "attention.query";
  family.names.key = "attention.key";
  family.names.value = "attention.value";
  family.names.attention_output = "attention.dense";
  family.names.attention_norm = "attention.LayerNorm";
  family.names.up = "ffn";
  family.names.down = "ffn_output";
  family.names.feed_forward_norm = "full_layer_layer_norm";
  return family;
}

constexpr EncoderFamily modernbert_of() {
  EncoderFamily family = bert;
  family.model_type = "modernbert";
  family.positions = Positions::rotary;
  family.norm_place = layers::NormPlace::before_sublayer;
  family.feed_forward = layers::FeedForwardKind::gated;
  family.alternates = family.biases_are_chosen = true;
  family.keys.hidden_act = "hidden_activation";
  family.keys.layer_norm_eps = "norm_eps";
  family.keys.type_vocab_size = "";
  family.defaults = {.num_hidden_layers = 22,
                     .hidden_size = 768,
                     .num_attention_heads = 12,
                     .intermediate_size = 1152,
                     .vocab_size = 50368,
                     .max_position_embeddings = 8192,
                     .type_vocab_size = 0,
                     .embedding_size = 0,
                     .pad_token_id = 50283,
                     .hidden_act = "gelu",
                     .layer_norm_eps = 1e-5};
  family.names = {.word = "embeddings.tok_embeddings",
                  .position = "",
                  .type = "",
                  .embedding_norm = "embeddings.norm",
                  .embedding_projection = "",
                  .relative_attention_bias = "",
                  .final_norm = "final_norm",
                  .layer = "layers.#.",
                  .query = "attn.Wqkv",
                  .key = "attn.Wqkv",
                  .value = "attn.Wqkv",
                  .attention_output = "attn.Wo",
                  .attention_norm = "attn_norm",
                  .gate = "mlp.Wi",
                  .up = "mlp.Wi",
                  .down = "mlp.Wo",
                  .feed_forward_norm = "mlp_norm"};
  return family;
}

constexpr EncoderFamily families[] = {bert,
                                      roberta_of("roberta", 50265),
                                      roberta_of("xlm-roberta", 30522),
                                      distilbert_of(),
                                      mpnet_of(),
                                      electra_of(),
                                      albert_of(),
                                      modernbert_of()};

}  // namespace

std::span<const EncoderFamily> encoder_families() noexcept {
  return families;
}

const EncoderFamily* find_family(std::string_view model_type) noexcept {
  const auto* found =
      std::find_if(std::begin(families), std::end(families),
                   [&](const EncoderFamily& family) { return family.model_type == model_type; });
  return found == std::end(families) ? nullptr : found;
}

}  // namespace saccade::model
