#include "text/tokenize/tokenize.hpp"

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
  // The stages, the last one first. Each returns whether to continue.
  const auto word = [&](std::string_view characters) {
    append_ids(parts.model, characters, ids);
    return static_cast<std::int64_t>(ids.size() - before) < enough;
  };
  const auto token = [&](std::int32_t id) {
    ids.push_back(id);
    return true;
  };
  const auto normalized_text = [&](std::string_view piece) {
    return each_piece(parts.splitters, piece, word);
  };
  const auto raw_text = [&](std::string_view piece) {
    const std::string_view normalized = normalize(parts.normalizers, piece, scratch.normalize);
    return parts.normalized_tokens.split(normalized, normalized_text, token);
  };
  parts.raw_tokens.split(text, raw_text, token);
  return replaced;
}

}  // namespace saccade::text
