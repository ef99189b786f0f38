#include "text/tokenize.hpp"

#include "text/unicode/utf8.hpp"

namespace saccade::text {

std::int64_t tokenize(const TokenizerParts& parts, std::string_view text, std::int64_t enough,
                      TokenizeScratch& scratch, std::vector<std::int32_t>& ids) {
  std::int64_t replaced = 0;
  if (valid_length(text) < text.size()) {
    scratch.repaired.clear();
    replaced = append_replacing_invalid(text, scratch.repaired);
    text = scratch.repaired;
  }
  const std::size_t before = ids.size();
  bool done = false;
  // From the inside out; each says whether to go on.
  const auto token = [&](std::int32_t id) {
    ids.push_back(id);
    return true;
  };
  const auto word = [&](std::string_view characters) {
    parts.model->append(characters, ids);
    done = static_cast<std::int64_t>(ids.size() - before) >= enough;
    return !done;
  };
  const auto normalized_text = [&](std::string_view piece) {
    parts.pre_tokenizer.each_word(piece, word);
    return !done;
  };
  const auto raw_text = [&](std::string_view piece) {
    scratch.normalized.clear();
    parts.normalizer.append(piece, scratch.normalizer, scratch.normalized);
    return parts.normalized_tokens.split(scratch.normalized, normalized_text, token);
  };
  parts.raw_tokens.split(text, raw_text, token);
  return replaced;
}

}  // namespace saccade::text
