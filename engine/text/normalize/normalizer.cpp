#include "text/normalize/normalizer.hpp"

#include <cstddef>
#include <string>

namespace saccade::text {

std::string_view normalize(std::span<const Normalizer> normalizers, std::string_view text,
                           NormalizeScratch& scratch) {
  std::size_t stage_number = 0;
  for (const Normalizer& normalizer : normalizers) {
    // From the second stage on, `text` is in the other string. They are not swapped: a short one would move.
    std::string& out = scratch.texts[stage_number++ % 2];
    out.clear();
    std::visit([&](const auto& stage) { stage.append(text, scratch.characters, out); }, normalizer);
    text = out;
  }
  return text;
}

}  // namespace saccade::text
