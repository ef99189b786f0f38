#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "saccade/saccade.hpp"

namespace saccade::command {

/// A text, or a pair, as the tokens of a model.
class ModelText {
 public:
  /// Empty `model`: the one that comes with the command. A text that is longer than the model takes is cut,
  /// with a warning on stderr. Throws Error{invalid_argument} for a text without tokens of its own.
  ModelText(const EngineOptions& engine, const std::filesystem::path& model,
            std::span<const std::string> texts);

  [[nodiscard]] const Encoder& encoder() const noexcept { return encoder_; }
  [[nodiscard]] std::size_t layers() const noexcept { return static_cast<std::size_t>(encoder_.layers()); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// The tokens as the vocabulary spells them.
  [[nodiscard]] const std::vector<std::string>& tokens() const noexcept { return tokens_; }
  /// Runs the encoder over the tokens as one sequence.
  void encode(const EncodeOptions& wanted);

 private:
  Engine engine_;
  Encoder encoder_;
  std::string text_;
  Encoding ids_;
  std::vector<std::string> tokens_;
  std::vector<float> hidden_;
};

}  // namespace saccade::command
