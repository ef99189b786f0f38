#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace saccade::text {

/// Tokens and their ids. Ids may have gaps, and two tokens may have one id. Moves, but does not copy.
class Vocabulary {
 public:
  /// The most ids: far more than any embedding table has rows, few enough to have a pointer for each.
  static constexpr std::int32_t most_ids = 1 << 24;

  Vocabulary() = default;
  Vocabulary(Vocabulary&&) noexcept = default;
  Vocabulary& operator=(Vocabulary&&) noexcept = default;
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;
  ~Vocabulary() = default;

  /// Adds a token with an id from 0 to most_ids - 1. For a token that is already there, id_of() returns the
  /// later id; for an id that is already there, token() returns the first token.
  void add(std::string token, std::int32_t id) {
    const auto slot = static_cast<std::size_t>(id);
    const auto place = ids_.insert_or_assign(std::move(token), id).first;
    if (slot >= tokens_.size()) tokens_.resize(slot + 1);
    if (tokens_[slot] == nullptr) tokens_[slot] = &place->first;
  }

  /// Adds a token with the next id.
  void add(std::string token) { add(std::move(token), size()); }

  /// One more than the largest id.
  [[nodiscard]] std::int32_t size() const noexcept { return static_cast<std::int32_t>(tokens_.size()); }
  /// Number of tokens, which is size() where every id has one token.
  [[nodiscard]] std::int32_t count() const noexcept { return static_cast<std::int32_t>(ids_.size()); }
  /// Whether a token has this id, 0 or more.
  [[nodiscard]] bool has(std::int32_t id) const noexcept {
    return id < size() && tokens_[static_cast<std::size_t>(id)] != nullptr;
  }
  /// The token of an id from 0 to size() - 1; empty for an id in a gap.
  [[nodiscard]] std::string_view token(std::int32_t id) const {
    const std::string* const token = tokens_[static_cast<std::size_t>(id)];
    return token == nullptr ? std::string_view() : *token;
  }
  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const {
    const auto found = ids_.find(token);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
  }
  /// Calls entry(token, id) for each token, in no particular order.
  template <typename Entry>
  void each(Entry entry) const {
    for (const auto& [token, id] : ids_) entry(token, id);
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
  std::vector<const std::string*> tokens_;  ///< by id: a key of ids_, which stays where it is; null: a gap
};

}  // namespace saccade::text
