#pragma once

#include "text/files/json_file.hpp"
#include "text/subword/vocabulary.hpp"
#include "text/template.hpp"

namespace saccade::text {

struct Templates {
  Template single, pair;
};

/// The post-processor in tokenizer.json: TemplateProcessing, BertProcessing, RobertaProcessing or none.
/// Another type is an Error{unsupported} that names it.
[[nodiscard]] Templates read_post_processor(const JsonValue& tokenizer, const Vocabulary& vocabulary);

/// [CLS] first [SEP], and second [SEP] with type 1.
[[nodiscard]] Templates bert_templates(std::int32_t cls, std::int32_t sep);

}  // namespace saccade::text
