#include <string>

#include "core/public_call.hpp"
#include "core/require.hpp"
#include "layers/embed_pass.hpp"
#include "layers/token_batches.hpp"
#include "model/encoder_state.hpp"
#include "model/tokenize_texts.hpp"
#include "ops/attention/validate.hpp"

namespace saccade {
namespace {

layers::EmbedRules rules(const layers::PackedSentence& sentence, const EmbedOptions& options,
                         std::int64_t skipped) {
  core::require_not_negative("token_budget", "", options.token_budget);
  return {.pooling = options.pooling.empty() ? sentence.pooling : options.pooling,
          .skipped = skipped,
          .normalizes = options.normalize.value_or(sentence.normalizes),
          .token_budget = options.token_budget > 0 ? options.token_budget : layers::default_token_budget};
}

}  // namespace

std::int64_t Encoder::embedding_width(const EmbedOptions& options) const {
  const auto poolings = options.pooling.empty() ? state_->sentence.pooling.size() : options.pooling.size();
  std::int64_t values = static_cast<std::int64_t>(poolings) * width();
  for (const layers::PackedStep& step : state_->sentence.steps) {
    if (step.is_norm()) continue;
    if (step.weights.in != values)
      core::fail("the pooling gives " + std::to_string(values) + " values; the model's dense step takes " +
                 std::to_string(step.weights.in));
    values = step.out;
  }
  core::require_not_negative("truncate_dim", "", options.truncate_dim);
  if (options.truncate_dim > values)
    core::fail("truncate_dim is " + std::to_string(options.truncate_dim) + "; the model gives " +
               std::to_string(values) + " values");
  return options.truncate_dim > 0 ? options.truncate_dim : values;
}

void Encoder::embed(Engine& engine, const TokenIds& tokens, MatrixView embeddings,
                    const EmbedOptions& options) const try {
  state_->validate(tokens);
  ops::validate(embeddings, "embeddings");
  core::require_equal("embeddings.rows", embeddings.rows, "the number of sequences",
                      static_cast<std::int64_t>(tokens.offsets.size()) - 1);
  core::require_equal("embeddings.columns", embeddings.columns, "the width of an embedding",
                      embedding_width(options));
  const layers::EmbedPass pass(scheduler::context_of(engine), *state_->encoder, state_->sentence, tokens,
                               embeddings, rules(state_->sentence, options, left_out(options)));
  scheduler::ScratchPool::Lease lease(scheduler::context_of(engine).scratch, pass.workspace());
  pass.run(lease.memory());
} catch (...) {
  core::rethrow_as_error();
}

std::size_t Encoder::embed_workspace(const Engine& engine, Offsets offsets, const EmbedOptions& options) const
    try {
  ops::validate(offsets, offsets.empty() ? 0 : offsets.back());
  const layers::EmbedPass pass(scheduler::context_of(engine), *state_->encoder, state_->sentence,
                               {.ids = {}, .offsets = offsets}, {}, rules(state_->sentence, options, 0));
  return pass.workspace();
} catch (...) {
  core::rethrow_as_error();
}

std::vector<float> Encoder::embed(Engine& engine, std::span<const std::string_view> texts,
                                  const EmbedOptions& options) const try {
  const std::int64_t columns = embedding_width(options);
  model::TextTokens tokens;
  model::tokenize_texts(
      engine, texts.size(), [&](TokenBatch& batch, std::size_t i) { append(batch, texts[i], options); },
      tokens);
  const auto rows = static_cast<std::int64_t>(texts.size());
  std::vector<float> embeddings(texts.size() * static_cast<std::size_t>(columns));
  embed(engine, tokens.view(), {embeddings.data(), rows, columns, columns}, options);
  return embeddings;
} catch (...) {
  core::rethrow_as_error();
}

std::vector<float> Encoder::embed(Engine& engine, std::span<const std::string> texts,
                                  const EmbedOptions& options) const try {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return embed(engine, std::span(views), options);
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
