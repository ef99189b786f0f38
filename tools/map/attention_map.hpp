#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace saccade::command {

/// Attention probabilities of a text: a plane [queries][keys] for each chosen layer and head.
struct AttentionMap {
  std::string text;
  std::vector<std::string> tokens;      ///< the keys
  std::vector<std::int64_t> positions;  ///< of the queries, among the tokens
  std::vector<std::string> layers;      ///< "layer 3"; of a file without layers, one that is empty
  std::vector<std::string> heads;       ///< "head 1", "mean of 4 heads", "rollout"
  std::vector<float> probabilities;     ///< [layers][heads][queries][keys]

  [[nodiscard]] std::size_t queries() const noexcept { return positions.size(); }
  [[nodiscard]] std::size_t keys() const noexcept { return tokens.size(); }
  [[nodiscard]] std::size_t planes() const noexcept { return layers.size() * heads.size(); }
  /// "layer 3, head 1"; planes are counted layer by layer.
  [[nodiscard]] std::string title(std::size_t plane) const;
  [[nodiscard]] std::span<const float> plane(std::size_t plane) const;
  [[nodiscard]] std::span<const float> row(std::size_t plane, std::size_t query) const;
  [[nodiscard]] const std::string& query(std::size_t query) const;
};

/// Takes the memory for all probabilities. Throws Error{memory_limit} with how much that would be, and what
/// takes less, where it is not to be had.
void reserve_probabilities(AttentionMap& map);

/// Keeps only the row of the query at that position, which must have one.
[[nodiscard]] AttentionMap row_of(const AttentionMap& map, std::int64_t position);

/// The most attended keys of each query only, most attended first: memory that grows with tokens x k.
struct TopMap {
  AttentionMap map;  ///< probabilities are [layers][heads][queries][k]
  std::size_t k = 0;
  std::vector<std::int32_t> keys;  ///< likewise; -1: the query sees fewer
};

/// The largest probability; 0 where there is none.
[[nodiscard]] float greatest(std::span<const float> values);

}  // namespace saccade::command
