#include "text/split/splitter_json.hpp"

#include <string>
#include <utility>

#include "text/split/character_splitter_json.hpp"

namespace saccade::text {
namespace {

class SplitterReader {
 public:
  void add(const io::JsonValue& pre_tokenizer) {
    const io::JsonValue type = pre_tokenizer.at("type");
    if (type.text() == "Sequence") {
      pre_tokenizer.at("pretokenizers").each([this](const io::JsonValue& item) { add(item); });
    } else if (const auto rules = read_character_rules(pre_tokenizer)) {
      rules_ = rules_ ? *rules_ | *rules : *rules;
    } else {
      throw type.unsupported(std::string(character_splitters) + ", Sequence");
    }
  }

  [[nodiscard]] std::vector<Splitter> take() {
    end_rules();
    return std::move(splitters_);
  }

 private:
  /// Makes one stage, and so one pass over the text, of the rules so far.
  void end_rules() {
    if (rules_) splitters_.emplace_back(CharacterSplitter(*std::exchange(rules_, std::nullopt)));
  }

  std::optional<CharacterRules> rules_;  ///< of the stage that is being read
  std::vector<Splitter> splitters_;
};

}  // namespace

std::vector<Splitter> read_splitters(const io::JsonValue& tokenizer) {
  SplitterReader reader;
  if (const auto pre_tokenizer = tokenizer.find("pre_tokenizer")) reader.add(*pre_tokenizer);
  return reader.take();
}

}  // namespace saccade::text
