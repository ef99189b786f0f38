#include <algorithm>
#include <string>
#include <utility>

#include "core/public_call.hpp"
#include "core/require.hpp"
#include "model/encoder_state.hpp"
#include "text/unicode/utf8.hpp"

namespace saccade {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

const Tokenizer& Encoder::tokenizer() const {
  if (!state_->tokenizer) throw Error(*state_->tokenizer_error);
  return *state_->tokenizer;
}

std::vector<std::string> Encoder::prompt_names() const try {
  std::vector<std::string> names;
  for (const auto& [name, prompt] : state_->config.prompts) names.push_back(name);
  return names;
} catch (...) {
  core::rethrow_as_error();
}

std::string_view Encoder::prompt(const EmbedOptions& options) const {
  const model::SentenceConfig& config = state_->config;
  if (options.prompt && !options.prompt_name.empty())
    core::fail("both a prompt and prompt_name '" + options.prompt_name + "' are given; expected one of them");
  if (options.prompt) return *options.prompt;
  if (!options.prompt_name.empty()) {
    const auto found = config.prompts.find(options.prompt_name);
    if (found != config.prompts.end()) return found->second;
    core::fail(
        "prompt_name is '" + options.prompt_name + "'; expected " +
        (config.prompts.empty() ? "none: the model has no prompts" : "one of " + joined(prompt_names())));
  }
  return config.default_prompt ? std::string_view(config.prompts.at(*config.default_prompt)) : "";
}

std::int64_t Encoder::max_length(const EmbedOptions& options) const {
  core::require_not_negative("max_length", "", options.max_length);
  if (options.max_length > max_tokens())
    core::fail("max_length is " + std::to_string(options.max_length) + "; the encoder takes " +
               std::to_string(max_tokens()));
  if (options.max_length > 0) return options.max_length;
  const std::int64_t of_tokenizer = state_->tokenizer ? state_->tokenizer->model_max_length() : 0;
  const std::int64_t of_model = state_->config.max_tokens.value_or(of_tokenizer);
  return of_model > 0 ? std::min(of_model, max_tokens()) : max_tokens();
}

Tokenized Encoder::append(TokenBatch& batch, std::string_view text, const EmbedOptions& options) const try {
  const TokenizerOptions rules = {.max_length = max_length(options)};
  const std::string_view before = prompt(options);
  if (before.empty()) return tokenizer().append(batch, text, rules);
  std::string whole;
  const std::int64_t replaced =
      text::append_replacing_invalid(std::string(before) + std::string(text), whole);
  Tokenized done = tokenizer().append(batch, whole, rules);
  done.replaced = replaced;
  return done;
} catch (...) {
  core::rethrow_as_error();
}

/// The number of the prompt's tokens, with the special tokens before them but not those after them.
std::int64_t Encoder::left_out(const EmbedOptions& options) const {
  if (state_->config.pools_prompt || prompt(options).empty()) return 0;
  TokenBatch prompt_tokens;
  append(prompt_tokens, "", options);
  const auto count = static_cast<std::int64_t>(prompt_tokens.ids().size());
  const bool ends = count > 0 && tokenizer().special_tokens().sep == prompt_tokens.ids().back();
  return ends ? count - 1 : count;
}

}  // namespace saccade
