#pragma once

#include <vector>

namespace saccade::text {

/// Appends `text` decomposed and canonically ordered: normal form D, or KD where `compatible`.
void append_decomposed(const std::vector<char32_t>& text, bool compatible, std::vector<char32_t>& out);

/// Composes text that is decomposed and ordered: normal form D to C, KD to KC.
void compose(std::vector<char32_t>& text);

}  // namespace saccade::text
