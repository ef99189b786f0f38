#include "text/subword/subword_model_json.hpp"

#include <string>
#include <utility>

#include "core/printable.hpp"
#include "text/subword/word_piece_json.hpp"

namespace saccade::text {
namespace {

using core::printable;

/// The type, which files of old versions lack: there the model's other members tell it.
std::string type_of(const io::JsonValue& model) {
  if (const auto type = model.find("type")) return type->text();
  if (model.has("merges")) return "BPE";
  if (model.at("vocab").is_list()) return "Unigram";
  return model.has("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

Vocabulary read_vocabulary(const io::JsonValue& vocab) {
  Vocabulary vocabulary;
  vocab.each_member([&](const std::string& token, const io::JsonValue& value) {
    vocabulary.add(token, static_cast<std::int32_t>(value.whole({.most = Vocabulary::most_ids - 1})));
  });
  return vocabulary;
}

}  // namespace

StoredSubwordModel read_subword_model(const io::JsonValue& model) {
  const std::string type = type_of(model);
  if (type != "WordPiece")
    throw model.error(ErrorCode::unsupported,
                      "is of type '" + printable(type) + "', which is not supported; supported: WordPiece");
  Vocabulary vocabulary = read_vocabulary(model.at("vocab"));
  const WordPieceOptions options = read_word_piece_options(model, vocabulary);
  WordPiece word_piece(vocabulary, options);
  return {std::move(vocabulary), std::move(word_piece), options.unknown};
}

}  // namespace saccade::text
