#pragma once

#include <vector>

#include "text/files/tokenizer_config.hpp"
#include "text/normalize/character_normalizer_json.hpp"
#include "text/normalize/normalizer.hpp"
#include "text/split/character_splitter_json.hpp"
#include "text/split/splitter.hpp"

namespace saccade::text {

/// The stages that transformers' BertTokenizer makes of its options.
[[nodiscard]] inline std::vector<Normalizer> bert_normalizers(const TokenizerConfig& config) {
  return {CharacterNormalizer(
      bert_steps(true, config.space_ideographs, config.strip_accents, config.lower_case))};
}
[[nodiscard]] inline std::vector<Splitter> bert_splitters() {
  return {CharacterSplitter(bert_rules)};
}
[[nodiscard]] inline Normalizer lower_case_normalizer() {
  return CharacterNormalizer({CharacterStep::lower_case});
}

}  // namespace saccade::text
