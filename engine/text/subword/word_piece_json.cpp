#include "text/subword/word_piece_json.hpp"

namespace saccade::text {

WordPieceOptions read_word_piece_options(const io::JsonValue& model, const Vocabulary& vocabulary) {
  const io::JsonValue unknown = model.at("unk_token");
  const std::optional<std::int32_t> id = vocabulary.id_of(unknown.text());
  if (!id) throw unknown.wrong("a token of the vocabulary");
  return {.unknown = *id,
          .continuation = model.at("continuing_subword_prefix").text(),
          .longest_word = model.at("max_input_chars_per_word").whole({.most = INT64_MAX})};
}

}  // namespace saccade::text
