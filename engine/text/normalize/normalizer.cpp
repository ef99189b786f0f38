#include "text/normalize/normalizer.hpp"

#include <utility>

namespace saccade::text {

std::string_view normalize(std::span<const Normalizer> normalizers, std::string_view text,
                           NormalizeScratch& scratch) {
  for (const Normalizer& normalizer : normalizers) {
    // From the second stage on, `text` is in the other string.
    std::swap(scratch.texts[0], scratch.texts[1]);
    std::string& out = scratch.texts[0];
    out.clear();
    std::visit([&](const auto& stage) { stage.append(text, scratch.characters, out); }, normalizer);
    text = out;
  }
  return text;
}

}  // namespace saccade::text
