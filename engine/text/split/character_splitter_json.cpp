#include "text/split/character_splitter_json.hpp"

#include <string>

namespace saccade::text {

std::optional<CharacterRules> read_character_rules(const io::JsonValue& pre_tokenizer) {
  const std::string& type = pre_tokenizer.at("type").text();
  if (type == "BertPreTokenizer") return bert_rules;
  if (type == "WhitespaceSplit") return CharacterRules{.drop_whitespace = true};
  if (type == "Whitespace") return CharacterRules{.drop_whitespace = true, .separate_symbols = true};
  if (type != "Punctuation") return std::nullopt;
  if (pre_tokenizer.text("behavior", "Isolated") != "Isolated")
    throw pre_tokenizer.unsupported("behavior", "Isolated");
  return CharacterRules{.isolate_punctuation = true};
}

}  // namespace saccade::text
