#include "text/post/template_json.hpp"

#include <string>
#include <utility>

namespace saccade::text {
namespace {

using Kind = TemplatePiece::Kind;

TemplatePiece special(std::int32_t id, std::int32_t type = 0) {
  return {.kind = Kind::special, .type = type, .ids = {id}};
}

TemplatePiece first() {
  return {.kind = Kind::first};
}

TemplatePiece second(std::int32_t type) {
  return {.kind = Kind::second, .type = type};
}

std::int32_t read_number(const io::JsonValue& value) {
  return static_cast<std::int32_t>(value.whole());
}

std::int32_t read_known_id(const io::JsonValue& value, const Vocabulary& vocabulary) {
  const std::int32_t id = read_number(value);
  if (id < vocabulary.size()) return id;
  throw value.error(ErrorCode::file_format, "is " + std::to_string(id) + ", but the vocabulary has " +
                                                std::to_string(vocabulary.size()) + " tokens");
}

/// Reads the id of a pair [token, id].
std::int32_t read_token_and_id(const io::JsonValue& value, const Vocabulary& vocabulary) {
  std::optional<std::int32_t> id;
  std::size_t count = 0;
  value.each([&](const io::JsonValue& item) {
    if (count++ == 1) id = read_known_id(item, vocabulary);
  });
  if (!id || count != 2) throw value.wrong("a token and its id");
  return *id;
}

TemplatePiece read_sequence(const io::JsonValue& sequence, bool pair) {
  const io::JsonValue id = sequence.at("id");
  if (id.text() != "A" && (id.text() != "B" || !pair))
    throw id.wrong(std::string("the id of a text, A") + (pair ? " or B" : ""));
  return {.kind = id.text() == "A" ? Kind::first : Kind::second, .type = read_number(sequence.at("type_id"))};
}

TemplatePiece read_special(const io::JsonValue& token, const io::JsonValue& processor,
                           const Vocabulary& vocabulary) {
  TemplatePiece piece = {.kind = Kind::special, .type = read_number(token.at("type_id"))};
  processor.at("special_tokens").at(token.at("id").text()).at("ids").each([&](const io::JsonValue& id) {
    piece.ids.push_back(read_known_id(id, vocabulary));
  });
  return piece;
}

Template read_template(const io::JsonValue& processor, bool pair, const Vocabulary& vocabulary) {
  std::vector<TemplatePiece> pieces;
  processor.at(pair ? "pair" : "single").each([&](const io::JsonValue& piece) {
    const auto sequence = piece.find("Sequence");
    pieces.push_back(sequence ? read_sequence(*sequence, pair)
                              : read_special(piece.at("SpecialToken"), processor, vocabulary));
  });
  return Template(std::move(pieces));
}

}  // namespace

Templates read_post_processor(const io::JsonValue& tokenizer, const Vocabulary& vocabulary) {
  const auto processor = tokenizer.find("post_processor");
  if (!processor) return {Template({first()}), Template({first(), second(1)})};
  const std::string& type = processor->at("type").text();
  if (type == "TemplateProcessing")
    return {read_template(*processor, false, vocabulary), read_template(*processor, true, vocabulary)};
  if (type != "BertProcessing" && type != "RobertaProcessing")
    throw processor->unsupported("type", "TemplateProcessing, BertProcessing, RobertaProcessing");
  const std::int32_t cls = read_token_and_id(processor->at("cls"), vocabulary),
                     sep = read_token_and_id(processor->at("sep"), vocabulary);
  if (type == "BertProcessing") return bert_templates(cls, sep);
  return {Template({special(cls), first(), special(sep)}),
          Template({special(cls), first(), special(sep), special(sep), second(0), special(sep)})};
}

Templates bert_templates(std::int32_t cls, std::int32_t sep) {
  return {Template({special(cls), first(), special(sep)}),
          Template({special(cls), first(), special(sep), second(1), special(sep, 1)})};
}

}  // namespace saccade::text
