#include "saccade/tokenizer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/as_size.hpp"
#include "core/public_call.hpp"
#include "io/files/input_file.hpp"
#include "saccade/error.hpp"
#include "text/files/tokenizer_config.hpp"
#include "text/files/tokenizer_json.hpp"
#include "text/files/vocab_txt.hpp"
#include "text/tokenize/tokenize.hpp"
#include "text/tokenizer_access.hpp"

namespace saccade {

using core::as_size;

struct [[gnu::visibility("hidden")]] Tokenizer::State {
  text::TokenizerParts parts;
};

struct [[gnu::visibility("hidden")]] TokenBatch::State {
  std::vector<std::int32_t> ids, types;
  std::vector<std::int64_t> offsets = {0};

  // Work memory: the ids of the texts without special tokens.
  text::TokenizeScratch scratch;
  std::vector<std::int32_t> first, second;

  /// Appends `first` and `second` in a template, truncated to `room` ids together; returns whether they were
  /// not truncated.
  bool append(const text::Template& form, std::int64_t room, bool special_tokens);
};

namespace {

/// The most tokens of texts that fit beside the special tokens.
std::int64_t room_for_text(const text::Template& form, const TokenizerOptions& options) {
  if (options.max_length == 0) return INT64_MAX - 1;
  const std::int64_t special = options.special_tokens ? form.special_count() : 0;
  if (options.max_length >= std::max<std::int64_t>(special, 1)) return options.max_length - special;
  throw Error(ErrorCode::invalid_argument,
              "max_length is " + std::to_string(options.max_length) +
                  "; expected 0 for no limit, or as many as there are special tokens, " +
                  std::to_string(special) + ", or more");
}

}  // namespace

bool TokenBatch::State::append(const text::Template& form, std::int64_t room, bool special_tokens) {
  const text::PairLengths all = {static_cast<std::int64_t>(first.size()),
                                 static_cast<std::int64_t>(second.size())};
  const text::PairLengths kept = text::truncated(all, room);
  form.append({first.data(), as_size(kept.first)}, {second.data(), as_size(kept.second)}, special_tokens, ids,
              types);
  offsets.push_back(static_cast<std::int64_t>(ids.size()));
  return kept.first == all.first && kept.second == all.second;
}

TokenBatch::TokenBatch() : state_(std::make_unique<State>()) {}
TokenBatch::TokenBatch(TokenBatch&&) noexcept = default;
TokenBatch& TokenBatch::operator=(TokenBatch&&) noexcept = default;
TokenBatch::~TokenBatch() = default;

std::span<const std::int32_t> TokenBatch::ids() const noexcept {
  return state_->ids;
}

std::span<const std::int32_t> TokenBatch::types() const noexcept {
  return state_->types;
}

Offsets TokenBatch::offsets() const noexcept {
  return state_->offsets;
}

void TokenBatch::append(std::span<const std::int32_t> ids, std::span<const std::int32_t> types) try {
  if (!types.empty() && types.size() != ids.size())
    throw Error(ErrorCode::invalid_argument, "types has " + std::to_string(types.size()) +
                                                 " values; expected none or one for each of the " +
                                                 std::to_string(ids.size()) + " ids");
  state_->ids.insert(state_->ids.end(), ids.begin(), ids.end());
  state_->types.insert(state_->types.end(), types.begin(), types.end());
  state_->types.resize(state_->ids.size());
  state_->offsets.push_back(static_cast<std::int64_t>(state_->ids.size()));
} catch (...) {
  core::rethrow_as_error();
}

void TokenBatch::clear() noexcept {
  state_->ids.clear();
  state_->types.clear();
  state_->offsets.resize(1);
}

Tokenizer Tokenizer::load(const std::filesystem::path& directory) try {
  return TokenizerAccess::load(directory, false);
} catch (...) {
  core::rethrow_as_error();
}

Tokenizer TokenizerAccess::load(const std::filesystem::path& directory, bool lower_case_first) {
  const std::filesystem::path json = directory / "tokenizer.json", vocab = directory / "vocab.txt";
  const bool has_json = io::file_exists(json);
  if (!has_json && !io::file_exists(vocab))
    throw Error(ErrorCode::file_not_usable,
                directory.string() + ": has neither tokenizer.json nor vocab.txt");
  text::TokenizerConfig config = text::read_tokenizer_config(directory);
  config.lower_case_first = lower_case_first;
  return Tokenizer(std::make_unique<Tokenizer::State>(Tokenizer::State{
      has_json ? text::read_tokenizer_json(json, config) : text::read_vocab_txt(vocab, config)}));
}

Tokenizer::Tokenizer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Encoding Tokenizer::tokenize(std::string_view text, const TokenizerOptions& options) const try {
  TokenBatch batch;
  const Tokenized done = append(batch, text, options);
  return {std::move(batch.state_->ids), std::move(batch.state_->types), done.truncated, done.replaced};
} catch (...) {
  core::rethrow_as_error();
}

Encoding Tokenizer::tokenize_pair(std::string_view first, std::string_view second,
                                  const TokenizerOptions& options) const try {
  TokenBatch batch;
  const Tokenized done = append_pair(batch, first, second, options);
  return {std::move(batch.state_->ids), std::move(batch.state_->types), done.truncated, done.replaced};
} catch (...) {
  core::rethrow_as_error();
}

Tokenized Tokenizer::append(TokenBatch& batch, std::string_view text, const TokenizerOptions& options) const
    try {
  const text::TokenizerParts& parts = state_->parts;
  const std::int64_t room = room_for_text(parts.templates.single, options);
  TokenBatch::State& to = *batch.state_;
  const std::size_t before = to.ids.size();
  to.first.clear();
  to.second.clear();
  // One id more than fits shows that the text is truncated.
  const std::int64_t replaced = text::tokenize(parts, text, room + 1, to.scratch, to.first);
  const bool all = to.append(parts.templates.single, room, options.special_tokens);
  return {static_cast<std::int64_t>(to.ids.size() - before), !all, replaced};
} catch (...) {
  core::rethrow_as_error();
}

Tokenized Tokenizer::append_pair(TokenBatch& batch, std::string_view first, std::string_view second,
                                 const TokenizerOptions& options) const try {
  const text::TokenizerParts& parts = state_->parts;
  const std::int64_t room = room_for_text(parts.templates.pair, options);
  TokenBatch::State& to = *batch.state_;
  const std::size_t before = to.ids.size();
  to.first.clear();
  to.second.clear();
  // Lengths beyond max_length do not matter: then both texts have half of the room.
  const std::int64_t enough = options.max_length == 0 ? INT64_MAX : options.max_length;
  std::int64_t replaced = text::tokenize(parts, first, enough, to.scratch, to.first);
  replaced += text::tokenize(parts, second, enough, to.scratch, to.second);
  const bool all = to.append(parts.templates.pair, room, options.special_tokens);
  return {static_cast<std::int64_t>(to.ids.size() - before), !all, replaced};
} catch (...) {
  core::rethrow_as_error();
}

std::int64_t Tokenizer::vocabulary_size() const noexcept {
  return state_->parts.vocabulary.size();
}

std::string_view Tokenizer::token(std::int32_t id) const {
  if (id >= 0 && id < vocabulary_size()) return state_->parts.vocabulary.token(id);
  throw Error(ErrorCode::invalid_argument, "there is no token " + std::to_string(id) + "; ids are 0 to " +
                                               std::to_string(vocabulary_size() - 1));
}

std::optional<std::int32_t> Tokenizer::id_of(std::string_view token) const {
  return state_->parts.vocabulary.id_of(token);
}

const SpecialTokens& Tokenizer::special_tokens() const noexcept {
  return state_->parts.special_tokens;
}

std::int64_t Tokenizer::model_max_length() const noexcept {
  return state_->parts.model_max_length;
}

}  // namespace saccade
