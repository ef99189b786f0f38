#pragma once

#include "io/json/json_value.hpp"
#include "text/post/template.hpp"
#include "text/subword/vocabulary.hpp"

namespace saccade::text {

/// Reads "post_processor" in tokenizer.json: TemplateProcessing, BertProcessing, RobertaProcessing or none,
/// all of which are templates. Throws Error{unsupported} for other types.
[[nodiscard]] Templates read_post_processor(const io::JsonValue& tokenizer, const Vocabulary& vocabulary);

/// BERT's templates: [CLS] first [SEP], for a pair then second [SEP] with type 1.
[[nodiscard]] Templates bert_templates(std::int32_t cls, std::int32_t sep);

}  // namespace saccade::text
