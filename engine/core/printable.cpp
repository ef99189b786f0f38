#include "core/printable.hpp"

namespace saccade::core {

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 300;
  std::string result(text.substr(0, longest));
  for (char& c : result) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7f) c = '?';
  }
  return text.size() > longest ? result + "..." : result;
}

}  // namespace saccade::core
