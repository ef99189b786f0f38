#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace saccade::text {

/// Tokens and their ids, which are 0, 1, 2 and so on.
class Vocabulary {
 public:
  /// Adds a token with the next id. For a token that is already there, id_of() returns the later id.
  std::int32_t add(std::string token) {
    const std::int32_t id = size();
    ids_.insert_or_assign(token, id);
    tokens_.push_back(std::move(token));
    return id;
  }

  [[nodiscard]] std::int32_t size() const noexcept { return static_cast<std::int32_t>(tokens_.size()); }
  /// The token of an id from 0 to size() - 1.
  [[nodiscard]] const std::string& token(std::int32_t id) const {
    return tokens_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const {
    const auto found = ids_.find(token);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  std::vector<std::string> tokens_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
};

}  // namespace saccade::text
