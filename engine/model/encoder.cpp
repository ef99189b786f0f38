#include "saccade/encoder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/floating_point.hpp"
#include "core/public_call.hpp"
#include "core/require.hpp"
#include "layers/encoder_pass.hpp"
#include "layers/flops.hpp"
#include "model/config/encoder_config.hpp"
#include "model/encoder_state.hpp"
#include "model/files/encoder_weights.hpp"
#include "model/pack/pack_encoder.hpp"
#include "model/pack/pack_sentence.hpp"
#include "model/validate_encode_options.hpp"
#include "ops/attention/validate.hpp"
#include "saccade/error.hpp"
#include "text/tokenizer_access.hpp"

namespace saccade {
namespace {

void validate_lengths(Offsets offsets, std::int64_t most) {
  for (std::size_t s = 1; s < offsets.size(); ++s) {
    if (offsets[s] - offsets[s - 1] > most)
      throw Error(ErrorCode::invalid_argument, "sequence " + std::to_string(s - 1) + " has " +
                                                   std::to_string(offsets[s] - offsets[s - 1]) +
                                                   " tokens; the encoder takes " + std::to_string(most));
  }
}

}  // namespace

void Encoder::State::validate(const TokenIds& tokens) const {
  ops::validate(tokens.offsets, static_cast<std::int64_t>(tokens.ids.size()));
  validate_lengths(tokens.offsets, encoder->max_tokens);
  ops::validate(tokens, encoder->embeddings);
}

Encoder Encoder::load(Engine& engine, const std::filesystem::path& directory) try {
  const core::DefaultFloatingPoint environment;
  auto state = std::make_unique<State>();
  state->config = model::read_sentence_config(directory);
  const model::EncoderConfig config = model::read_encoder_config(state->config.encoder);
  const model::EncoderWeights weights = model::read_encoder_weights(state->config.encoder, config);
  state->encoder = model::pack_encoder(scheduler::context_of(engine), config, weights);
  state->sentence = model::pack_sentence(scheduler::context_of(engine), state->config, config.hidden_size());
  try {
    state->tokenizer = TokenizerAccess::load(state->config.encoder, state->config.lower_case);
  } catch (const Error& error) {
    state->tokenizer_error = error;
  }
  return Encoder(std::move(state));
} catch (...) {
  core::rethrow_as_error();
}

Encoder::Encoder(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;
Encoder::~Encoder() = default;

std::int64_t Encoder::width() const noexcept {
  return state_->encoder->hidden_size();
}
std::int64_t Encoder::layers() const noexcept {
  return static_cast<std::int64_t>(state_->encoder->layers.size());
}
std::int64_t Encoder::heads() const noexcept {
  return state_->encoder->shape.attention.num_attention_heads;
}
std::int64_t Encoder::head_dim() const noexcept {
  return state_->encoder->shape.attention.head_dim;
}
std::int64_t Encoder::vocabulary() const noexcept {
  return state_->encoder->embeddings.words.rows;
}
std::int64_t Encoder::max_tokens() const noexcept {
  return state_->encoder->max_tokens;
}

std::size_t Encoder::weight_bytes() const noexcept {
  std::size_t bytes = state_->encoder->bytes();
  for (const layers::PackedStep& step : state_->sentence.steps) bytes += step.weights.bytes();
  return bytes;
}

LayerAttention Encoder::attention(std::int64_t layer) const {
  if (layer < 0 || layer >= layers())
    throw Error(ErrorCode::invalid_argument, "there is no layer " + std::to_string(layer) +
                                                 "; the encoder has " + std::to_string(layers()));
  const auto index = static_cast<std::size_t>(layer);
  const layers::PackedLayer& packed = state_->encoder->layers[index];
  const auto& bias = state_->encoder->block_of(index).qkv.bias;
  return {.projection_bias =
              std::any_of(bias.data(), bias.data() + bias.size(), [](float b) { return b != 0.0f; }),
          .rotary = packed.rotary >= 0,
          .distance_bias = !state_->encoder->distance_bias.empty(),
          .window = packed.shape.window};
}

void Encoder::encode(Engine& engine, const TokenIds& tokens, MatrixView hidden,
                     const EncodeOptions& options) const try {
  state_->validate(tokens);
  ops::validate(hidden, "hidden");
  core::require_equal("hidden.rows", hidden.rows, "the number of ids",
                      static_cast<std::int64_t>(tokens.ids.size()));
  core::require_equal("hidden.columns", hidden.columns, "the encoder's width", width());
  model::validate_encode_options(*state_->encoder, tokens.offsets, options);
  layers::EncoderPass pass(scheduler::context_of(engine), *state_->encoder, tokens, hidden, options);
  scheduler::ScratchPool::Lease lease(scheduler::context_of(engine).scratch, pass.workspace());
  pass.run(lease.memory());
} catch (...) {
  core::rethrow_as_error();
}

double Encoder::flops(Offsets offsets) const {
  ops::validate(offsets, offsets.empty() ? 0 : offsets.back());
  return layers::encoder_flops(*state_->encoder, offsets);
}

std::size_t Encoder::workspace(const Engine& engine, Offsets offsets) const try {
  ops::validate(offsets, offsets.empty() ? 0 : offsets.back());
  return layers::EncoderPass(scheduler::context_of(engine), *state_->encoder, {.ids = {}, .offsets = offsets},
                             {})
      .workspace();
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
