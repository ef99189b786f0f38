#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "map/attention_map.hpp"
#include "saccade/engine.hpp"

namespace saccade::command {

/// A request for planes and rows of a map.
struct MapSelection {
  std::optional<std::int64_t> layer = {};      ///< unset: all
  std::optional<std::int64_t> layers_to = {};  ///< all up to this one, instead
  std::optional<std::int64_t> head = {};       ///< unset: all
  bool mean = false;                           ///< of the heads, instead
  std::optional<std::int64_t> query = {};      ///< the position of the only one wanted; unset: all
};

/// The source of an AttentionMap: a model, or a file of probabilities.
class MapSource {
 public:
  virtual ~MapSource() = default;
  [[nodiscard]] virtual const std::vector<std::string>& tokens() const = 0;
  /// Throws Error{invalid_argument} for a layer or head that there is not, with how many there are.
  [[nodiscard]] virtual AttentionMap read(const MapSelection& selection) = 0;
  /// The k keys that each token attends to most.
  [[nodiscard]] virtual TopMap read_top(const MapSelection& selection, std::int64_t k) = 0;
};

/// One text, or a pair, through a model's encoder.
[[nodiscard]] std::unique_ptr<MapSource> open_text(const EngineOptions& engine,
                                                   const std::filesystem::path& model,
                                                   std::span<const std::string> texts);

/// A sequence of a file of tensors probabilities_S [heads][queries][keys], mean_probabilities_S
/// [queries][keys], or the only tensor of an .npy. `names`: see read_token_names(); empty: tokens are called
/// by their positions. `rows`: positions of the queries, empty for the last ones.
[[nodiscard]] std::unique_ptr<MapSource> open_probabilities(const std::filesystem::path& path,
                                                            const std::filesystem::path& names,
                                                            std::int64_t sequence,
                                                            const std::vector<std::int64_t>& rows);

/// Throws Error{invalid_argument} unless `number` is below `count`.
void require_number(const std::string& thing, std::int64_t number, std::int64_t count);

}  // namespace saccade::command
