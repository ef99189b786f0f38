// tokenizer_config.json beside tokenizer.json, as transformers 5.24 takes both: a class like BertTokenizer
// makes its normalizer of the options; others take tokenizer.json's.

#include <doctest/doctest.h>

#include "text/sample_tokenizer.hpp"

namespace saccade::test {
namespace {

/// A tokenizer.json with this normalizer, and other files.
Tokenizer with(const std::string& normalizer, const std::string& config,
               const std::string& model_config = "") {
  std::vector<File> files = {
      {"tokenizer.json", R"({"version": "1.0", "added_tokens": [
      {"id": 0, "content": "[UNK]", "special": true}, {"id": 1, "content": "[CLS]", "special": true},
      {"id": 2, "content": "[SEP]", "special": true}, {"id": 3, "content": "[MASK]", "special": true}],
    "normalizer": )" + normalizer +
                             R"(, "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
      "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 3, "a": 4, "A": 5,
      "\u00e9": 6, "e": 7, "\u4e2d\u4e2d": 8, "\u4e2d": 9}}})"}};
  if (!config.empty()) files.push_back({"tokenizer_config.json", config});
  if (!model_config.empty()) files.push_back({"config.json", model_config});
  return load_files(files);
}

constexpr const char* text = "A \xc3\xa9 \xe4\xb8\xad\xe4\xb8\xad [MASK]";
const std::string lower = R"({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                              "strip_accents": null, "lowercase": true})";
const std::string cased = R"({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                              "strip_accents": false, "lowercase": false})";

TEST_CASE("a BERT class takes its options from tokenizer_config.json, whatever tokenizer.json has") {
  const std::string in_lower_case = "a e \xe4\xb8\xad \xe4\xb8\xad [MASK]";
  for (const char* const name : {"BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer",
                                 "MPNetTokenizerFast", "ElectraTokenizerFast", "MobileBertTokenizer"}) {
    CAPTURE(name);
    const std::string as = R"({"tokenizer_class": ")" + std::string(name) + '"';
    CHECK(tokens_of(with(lower, as + R"(, "do_lower_case": false})"), text) ==
          "A \xc3\xa9 \xe4\xb8\xad \xe4\xb8\xad [MASK]");
    CHECK(tokens_of(with(lower, as + R"(, "strip_accents": false})"), text) ==
          "a \xc3\xa9 \xe4\xb8\xad \xe4\xb8\xad [MASK]");
    CHECK(tokens_of(with(lower, as + R"(, "tokenize_chinese_chars": false})"), text) ==
          "a e \xe4\xb8\xad\xe4\xb8\xad [MASK]");
    CHECK(tokens_of(with(cased, as + "}"), text) == in_lower_case);
    CHECK(tokens_of(with("null", as + "}"), text) == in_lower_case);
  }
}

TEST_CASE("without a class, config.json's model_type tells it") {
  CHECK(tokens_of(with(lower, R"({"do_lower_case": false})", R"({"model_type": "bert"})"), "A") == "A");
  CHECK(tokens_of(with(cased, "", R"({"model_type": "distilbert"})"), "A") == "a");
  CHECK(tokens_of(with(lower, R"({"do_lower_case": false})", R"({"model_type": "roberta"})"), "A") == "a");
  CHECK(tokens_of(with(lower, R"({"do_lower_case": false})"), "A") == "a");
}

TEST_CASE("other classes take tokenizer.json as it is") {
  for (const char* const name : {"PreTrainedTokenizerFast", "TokenizersBackend", "ConvBertTokenizer"}) {
    const std::string as = R"({"tokenizer_class": ")" + std::string(name) + R"(", "do_lower_case": false})";
    CHECK(tokens_of(with(lower, as, R"({"model_type": "bert"})"), "A \xc3\xa9") == "a e");
    CHECK(tokens_of(with(cased, as), "A \xc3\xa9") == "A \xc3\xa9");
  }
}

}  // namespace
}  // namespace saccade::test
