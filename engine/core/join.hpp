#pragma once

#include <functional>
#include <string>

namespace saccade::core {

/// The texts text(item) of all items, in a message: "bert, roberta, albert". text: a function or a member.
template <typename Items, typename Text>
[[nodiscard]] std::string join(const Items& items, Text text) {
  std::string joined;
  for (const auto& item : items) joined.append(joined.empty() ? "" : ", ").append(std::invoke(text, item));
  return joined;
}

}  // namespace saccade::core
