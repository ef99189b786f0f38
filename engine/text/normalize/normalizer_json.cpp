#include "text/normalize/normalizer_json.hpp"

#include "core/printable.hpp"

namespace saccade::text {
namespace {

constexpr int deepest = 8;  // sequences in sequences

Error unknown_type(const JsonValue& value, const std::string& type, const std::string& known) {
  return value.error(ErrorCode::unsupported, "is of type '" + core::printable(type) +
                                                 "', which is not known here; known are " + known);
}

/// Calls read(item) for each of the sequence's items, which are in the list `key`.
template <typename Read>
void read_sequence(const JsonValue& value, const char* key, int depth, Read read) {
  if (depth == deepest) throw value.error(ErrorCode::file_format, "is a sequence in too many others");
  value.at(key).each(read);
}

std::vector<NormalizerStep> read_bert_normalizer(const JsonValue& value) {
  const auto strip_accents = value.find("strip_accents");
  return bert_normalizer(value.at("clean_text").flag(), value.at("handle_chinese_chars").flag(),
                         strip_accents ? std::optional(strip_accents->flag()) : std::nullopt,
                         value.at("lowercase").flag());
}

/// Of a normalizer that is no sequence.
std::vector<NormalizerStep> read_steps(const JsonValue& value, const std::string& type) {
  using enum NormalizerStep;
  if (type == "BertNormalizer") return read_bert_normalizer(value);
  if (type == "Lowercase") return {lower_case};
  if (type == "NFD") return {decompose};
  if (type == "NFKD") return {decompose_compatible};
  if (type == "NFC") return {decompose, compose};
  if (type == "NFKC") return {decompose_compatible, compose};
  if (type == "StripAccents") return {strip_marks};
  throw unknown_type(value, type,
                     "BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, StripAccents and Sequence");
}

void append_normalizer(const JsonValue& value, int depth, std::vector<NormalizerStep>& steps) {
  const std::string& type = value.at("type").text();
  if (type == "Sequence")
    return read_sequence(value, "normalizers", depth,
                         [&](const JsonValue& item) { append_normalizer(item, depth + 1, steps); });
  const std::vector<NormalizerStep> more = read_steps(value, type);
  steps.insert(steps.end(), more.begin(), more.end());
}

void add_rules(const JsonValue& value, int depth, WordRules& rules) {
  const std::string& type = value.at("type").text();
  if (type == "Sequence")
    return read_sequence(value, "pretokenizers", depth,
                         [&](const JsonValue& item) { add_rules(item, depth + 1, rules); });
  if (type == "Punctuation") {
    const auto behavior = value.find("behavior");
    if (behavior && behavior->text() != "Isolated")
      throw unknown_type(*behavior, behavior->text(), "Isolated");
    rules.isolate_punctuation = true;
  } else if (type == "BertPreTokenizer" || type == "Whitespace" || type == "WhitespaceSplit") {
    rules.drop_whitespace = true;
    rules.isolate_punctuation |= type == "BertPreTokenizer";
    rules.separate_symbols |= type == "Whitespace";
  } else {
    throw unknown_type(value, type,
                       "BertPreTokenizer, Punctuation, Whitespace, WhitespaceSplit and Sequence");
  }
}

}  // namespace

std::vector<NormalizerStep> read_normalizer(const JsonValue& tokenizer) {
  std::vector<NormalizerStep> steps;
  if (const auto value = tokenizer.find("normalizer")) append_normalizer(*value, 0, steps);
  return steps;
}

WordRules read_pre_tokenizer(const JsonValue& tokenizer) {
  WordRules rules;
  if (const auto value = tokenizer.find("pre_tokenizer")) add_rules(*value, 0, rules);
  return rules;
}

std::vector<NormalizerStep> bert_normalizer(bool clean, bool space_ideographs,
                                            std::optional<bool> strip_accents, bool lower_case) {
  std::vector<NormalizerStep> steps;
  if (clean) steps.push_back(NormalizerStep::clean);
  if (space_ideographs) steps.push_back(NormalizerStep::space_ideographs);
  if (strip_accents.value_or(lower_case))
    steps.insert(steps.end(), {NormalizerStep::decompose, NormalizerStep::strip_nonspacing_marks});
  if (lower_case) steps.push_back(NormalizerStep::lower_case);
  return steps;
}

}  // namespace saccade::text
