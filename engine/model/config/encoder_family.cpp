#include "model/config/encoder_family.hpp"

#include <algorithm>

namespace saccade::model {
namespace {

constexpr ConfigKeys bert_keys = {.layers = "num_hidden_layers",
                                  .width = "hidden_size",
                                  .heads = "num_attention_heads",
                                  .feed_forward = "intermediate_size",
                                  .activation = "hidden_act",
                                  .norm_epsilon = "layer_norm_eps",
                                  .types = "type_vocab_size",
                                  .embedding_width = ""};

constexpr ConfigDefaults bert_defaults = {.layers = 12,
                                          .width = 768,
                                          .heads = 12,
                                          .feed_forward = 3072,
                                          .vocabulary = 30522,
                                          .positions = 512,
                                          .types = 2,
                                          .embedding_width = 0,
                                          .padding_token = 0,
                                          .activation = "gelu",
                                          .norm_epsilon = 1e-12};

constexpr TensorNames bert_names = {.word = "embeddings.word_embeddings",
                                    .position = "embeddings.position_embeddings",
                                    .type = "embeddings.token_type_embeddings",
                                    .embedding_norm = "embeddings.LayerNorm",
                                    .embedding_projection = "",
                                    .relative_bias = "",
                                    .final_norm = "",
                                    .layer = "encoder.layer.#.",
                                    .query = "attention.self.query",
                                    .key = "attention.self.key",
                                    .value = "attention.self.value",
                                    .attention_output = "attention.output.dense",
                                    .attention_norm = "attention.output.LayerNorm",
                                    .feed_forward_in = "intermediate.dense",
                                    .feed_forward_out = "output.dense",
                                    .feed_forward_norm = "output.LayerNorm"};

constexpr EncoderFamily bert = {
    .model_type = "bert", .keys = bert_keys, .defaults = bert_defaults, .names = bert_names};

constexpr EncoderFamily roberta_of(std::string_view model_type, std::int64_t vocabulary) {
  EncoderFamily family = bert;
  family.model_type = model_type;
  family.positions = Positions::after_padding;
  family.defaults.vocabulary = vocabulary;
  family.defaults.padding_token = 1;
  return family;
}

constexpr EncoderFamily distilbert_of() {
  EncoderFamily family = bert;
  family.model_type = "distilbert";
  family.keys = {.layers = "n_layers",
                 .width = "dim",
                 .heads = "n_heads",
                 .feed_forward = "hidden_dim",
                 .activation = "activation",
                 .norm_epsilon = "",
                 .types = "",
                 .embedding_width = ""};
  family.defaults.layers = 6;
  family.defaults.types = 0;
  family.names.type = "";
  family.names.layer = "transformer.layer.#.";
  family.names.query = "attention.q_lin";
  family.names.key = "attention.k_lin";
  family.names.value = "attention.v_lin";
  family.names.attention_output = "attention.out_lin";
  family.names.attention_norm = "sa_layer_norm";
  family.names.feed_forward_in = "ffn.lin1";
  family.names.feed_forward_out = "ffn.lin2";
  family.names.feed_forward_norm = "output_layer_norm";
  return family;
}

constexpr EncoderFamily mpnet_of() {
  EncoderFamily family = bert;
  family.model_type = "mpnet";
  family.positions = Positions::after_padding;
  family.padding_is_fixed = true;
  family.keys.types = "";
  family.defaults.vocabulary = 30527;
  family.defaults.types = 0;
  family.defaults.padding_token = 1;
  family.names.type = "";
  family.names.relative_bias = "encoder.relative_attention_bias";
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
  family.keys.embedding_width = "embedding_size";
  family.defaults.width = 256;
  family.defaults.heads = 4;
  family.defaults.feed_forward = 1024;
  family.defaults.embedding_width = 128;
  family.names.embedding_projection = "embeddings_project";
  return family;
}

constexpr EncoderFamily albert_of() {
  EncoderFamily family = bert;
  family.model_type = "albert";
  family.always_projects = true;
  family.shares_layers = true;
  family.keys.embedding_width = "embedding_size";
  family.defaults.width = 4096;
  family.defaults.heads = 64;
  family.defaults.feed_forward = 16384;
  family.defaults.vocabulary = 30000;
  family.defaults.embedding_width = 128;
  family.defaults.activation = "gelu_new";
  family.names.embedding_projection = "encoder.embedding_hidden_mapping_in";
  family.names.layer = "encoder.albert_layer_groups.#.albert_layers.#.";
  family.names.query = "attention.query";
  family.names.key = "attention.key";
  family.names.value = "attention.value";
  family.names.attention_output = "attention.dense";
  family.names.attention_norm = "attention.LayerNorm";
  family.names.feed_forward_in = "ffn";
  family.names.feed_forward_out = "ffn_output";
  family.names.feed_forward_norm = "full_layer_layer_norm";
  return family;
}

constexpr EncoderFamily modernbert_of() {
  EncoderFamily family = bert;
  family.model_type = "modernbert";
  family.positions = Positions::rotary;
  family.pre_norm = family.gated = family.alternates = family.biases_are_chosen = true;
  family.keys.activation = "hidden_activation";
  family.keys.norm_epsilon = "norm_eps";
  family.keys.types = "";
  family.defaults = {.layers = 22,
                     .width = 768,
                     .heads = 12,
                     .feed_forward = 1152,
                     .vocabulary = 50368,
                     .positions = 8192,
                     .types = 0,
                     .embedding_width = 0,
                     .padding_token = 50283,
                     .activation = "gelu",
                     .norm_epsilon = 1e-5};
  family.names = {.word = "embeddings.tok_embeddings",
                  .position = "",
                  .type = "",
                  .embedding_norm = "embeddings.norm",
                  .embedding_projection = "",
                  .relative_bias = "",
                  .final_norm = "final_norm",
                  .layer = "layers.#.",
                  .query = "attn.Wqkv",
                  .key = "attn.Wqkv",
                  .value = "attn.Wqkv",
                  .attention_output = "attn.Wo",
                  .attention_norm = "attn_norm",
                  .feed_forward_in = "mlp.Wi",
                  .feed_forward_out = "mlp.Wo",
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
