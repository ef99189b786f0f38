#pragma once

#include "io/json/json_value.hpp"
#include "text/subword/vocabulary.hpp"
#include "text/subword/word_piece.hpp"

namespace saccade::text {

/// Reads the options of a model of type WordPiece in tokenizer.json. They are valid as long as `model`.
/// Throws Error{file_format} where the unknown token is not in the vocabulary.
[[nodiscard]] WordPieceOptions read_word_piece_options(const io::JsonValue& model,
                                                       const Vocabulary& vocabulary);

}  // namespace saccade::text
