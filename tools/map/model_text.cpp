#include "map/model_text.hpp"

#include <algorithm>
#include <array>
#include <iostream>

#include "saccade/error.hpp"
#include "shell/default_model.hpp"
#include "shell/figures.hpp"
#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

Encoding encoding(const Encoder& encoder, std::span<const std::string> texts) {
  const TokenizerOptions options = {.max_length = encoder.max_tokens()};
  if (texts.size() > 1) return encoder.tokenizer().tokenize_pair(texts[0], texts[1], options);
  return encoder.tokenizer().tokenize(texts[0], options);
}

/// Refuses a text that has no tokens but special ones.
void require_tokens(const Encoder& encoder, std::span<const std::string> texts) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!encoder.tokenizer().tokenize(texts[i], {.special_tokens = false}).ids.empty()) continue;
    const char* const which = texts.size() == 1 ? "the text" : i == 0 ? "the first text" : "the second text";
    throw Error(ErrorCode::invalid_argument,
                std::string(which) + " is empty, or blank; expected at least one word");
  }
}

/// The texts on one line.
std::string joined(std::span<const std::string> texts) {
  std::string text = texts.size() > 1 ? texts[0] + " | " + texts[1] : texts[0];
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return printable(text);
}

}  // namespace

ModelText::ModelText(const EngineOptions& engine, const std::filesystem::path& model,
                     std::span<const std::string> texts)
    : engine_(engine), encoder_(Encoder::load(engine_, model_or_default(model))), text_(joined(texts)) {
  require_tokens(encoder_, texts);
  ids_ = encoding(encoder_, texts);
  for (const std::int32_t id : ids_.ids) tokens_.push_back(printable(encoder_.tokenizer().token(id)));
  if (ids_.truncated)
    std::cerr << "saccade: warning: the text is cut to "
              << count_of(static_cast<std::int64_t>(tokens_.size()), "token")
              << ", as many as the model takes\n";
  hidden_.resize(tokens_.size() * static_cast<std::size_t>(encoder_.width()));
}

void ModelText::encode(const EncodeOptions& wanted) {
  const auto count = static_cast<std::int64_t>(ids_.ids.size());
  const std::array<std::int64_t, 2> offsets = {0, count};
  encoder_.encode(engine_, {ids_.ids, ids_.types, offsets},
                  {hidden_.data(), count, encoder_.width(), encoder_.width()}, wanted);
}

}  // namespace saccade::command
