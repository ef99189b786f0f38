#include "text/normalize/character_normalizer_json.hpp"

#include <string>

namespace saccade::text {
namespace {

using enum CharacterStep;

std::vector<CharacterStep> read_bert_steps(const io::JsonValue& normalizer) {
  const auto strip_accents = normalizer.find("strip_accents");
  return bert_steps(normalizer.at("clean_text").flag(), normalizer.at("handle_chinese_chars").flag(),
                    strip_accents ? std::optional(strip_accents->flag()) : std::nullopt,
                    normalizer.at("lowercase").flag());
}

}  // namespace

std::optional<std::vector<CharacterStep>> read_character_steps(const io::JsonValue& normalizer) {
  using Steps = std::vector<CharacterStep>;
  const std::string& type = normalizer.at("type").text();
  if (type == "BertNormalizer") return read_bert_steps(normalizer);
  if (type == "Lowercase") return Steps{lower_case};
  if (type == "NFD") return Steps{decompose};
  if (type == "NFKD") return Steps{decompose_compatible};
  if (type == "NFC") return Steps{decompose, compose};
  if (type == "NFKC") return Steps{decompose_compatible, compose};
  if (type == "StripAccents") return Steps{strip_marks};
  return std::nullopt;
}

std::vector<CharacterStep> bert_steps(bool clean_text, bool ideographs, std::optional<bool> strip_accents,
                                      bool lower) {
  std::vector<CharacterStep> steps;
  if (clean_text) steps.push_back(clean);
  if (ideographs) steps.push_back(space_ideographs);
  if (strip_accents.value_or(lower)) steps.insert(steps.end(), {decompose, strip_nonspacing_marks});
  if (lower) steps.push_back(lower_case);
  return steps;
}

}  // namespace saccade::text
