#include "saccade/encoder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "layers/encoder_pass.hpp"
#include "model/encoder_config.hpp"
#include "model/encoder_weights.hpp"
#include "model/pack_encoder.hpp"
#include "ops/require.hpp"
#include "ops/validate.hpp"
#include "saccade/error.hpp"

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

void validate_no_padding(const TokenIds& tokens, std::int64_t padding) {
  const auto found = std::find(tokens.ids.begin(), tokens.ids.end(), padding);
  if (padding < 0 || found == tokens.ids.end()) return;
  throw Error(ErrorCode::unsupported, "token " + std::to_string(found - tokens.ids.begin()) +
                                          " of the batch is padding (id " + std::to_string(padding) +
                                          "), which this encoder's positions leave out; batches are ragged");
}

}  // namespace

Encoder Encoder::load(Engine& engine, const std::filesystem::path& directory) {
  const model::EncoderConfig config = model::read_encoder_config(directory);
  const model::EncoderWeights weights = model::read_encoder_weights(directory, config);
  return Encoder(model::pack_encoder(engine.state(), config, weights));
}

Encoder::Encoder(std::unique_ptr<const layers::PackedEncoder> packed) : packed_(std::move(packed)) {}
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;
Encoder::~Encoder() = default;

std::int64_t Encoder::width() const noexcept {
  return packed_->width;
}
std::int64_t Encoder::layers() const noexcept {
  return static_cast<std::int64_t>(packed_->stack.size());
}
std::int64_t Encoder::heads() const noexcept {
  return packed_->heads;
}
std::int64_t Encoder::vocabulary() const noexcept {
  return packed_->embeddings.words.rows;
}
std::int64_t Encoder::max_tokens() const noexcept {
  return packed_->max_tokens;
}

void Encoder::encode(Engine& engine, const TokenIds& tokens, MatrixView hidden,
                     const EncodeOptions& options) const {
  ops::validate(tokens.offsets, static_cast<std::int64_t>(tokens.ids.size()));
  validate_lengths(tokens.offsets, max_tokens());
  ops::validate(tokens, packed_->embeddings);
  validate_no_padding(tokens, packed_->padding_token);
  ops::validate(hidden, "hidden");
  ops::require_equal("hidden.rows", hidden.rows, "the number of ids",
                     static_cast<std::int64_t>(tokens.ids.size()));
  ops::require_equal("hidden.columns", hidden.columns, "the encoder's width", width());
  if (!options.probabilities.empty())
    ops::require_equal("probabilities' size", static_cast<std::int64_t>(options.probabilities.size()),
                       "the number of layers", layers());
  for (const auto& layer : options.probabilities) ops::validate(layer, tokens.offsets, heads());
  const layers::EncoderPass pass(engine.state(), *packed_, tokens, hidden, options.probabilities);
  scheduler::ScratchPool::Lease lease(engine.state().scratch, pass.workspace());
  pass.run(lease.memory());
}

std::size_t Encoder::workspace(const Engine& engine, Offsets offsets) const {
  ops::validate(offsets, offsets.empty() ? 0 : offsets.back());
  return layers::EncoderPass(engine.state(), *packed_, {.ids = {}, .offsets = offsets}, {}).workspace();
}

}  // namespace saccade
