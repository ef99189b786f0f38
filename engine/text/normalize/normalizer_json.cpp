#include "text/normalize/normalizer_json.hpp"

#include <string>
#include <utility>

#include "text/normalize/character_normalizer_json.hpp"

namespace saccade::text {
namespace {

class NormalizerReader {
 public:
  void add(const io::JsonValue& normalizer) {
    const io::JsonValue type = normalizer.at("type");
    if (type.text() == "Sequence") {
      normalizer.at("normalizers").each([this](const io::JsonValue& item) { add(item); });
    } else if (const auto steps = read_character_steps(normalizer)) {
      steps_.insert(steps_.end(), steps->begin(), steps->end());
    } else {
      throw type.unsupported(std::string(character_normalizers) + ", Sequence");
    }
  }

  [[nodiscard]] std::vector<Normalizer> take() {
    end_steps();
    return std::move(normalizers_);
  }

 private:
  /// Makes one stage, and so one pass over the text, of the steps so far.
  void end_steps() {
    if (!steps_.empty()) normalizers_.emplace_back(CharacterNormalizer(std::exchange(steps_, {})));
  }

  std::vector<CharacterStep> steps_;  ///< of the stage that is being read
  std::vector<Normalizer> normalizers_;
};

}  // namespace

std::vector<Normalizer> read_normalizers(const io::JsonValue& tokenizer) {
  NormalizerReader reader;
  if (const auto normalizer = tokenizer.find("normalizer")) reader.add(*normalizer);
  return reader.take();
}

}  // namespace saccade::text
