#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fixtures/temporary_folder.hpp"
#include "model/files/weight_files.hpp"

namespace saccade::test {

/// A tensor that a test makes up: element i is made_up_value(seed, i).
struct MadeUpTensor {
  std::vector<std::int64_t> shape;
  std::int64_t seed = 0;
  std::string type = "F32";  ///< as safetensors calls it
};

using MadeUpTensors = std::map<std::string, MadeUpTensor>;

/// Whole numbers that every storage type has.
[[nodiscard]] float made_up_value(std::int64_t seed, std::int64_t i);

/// The bytes of a .safetensors file, padded by `header_padding` blanks: an odd header moves the tensors off
/// their alignment.
[[nodiscard]] std::string safetensors_of(const MadeUpTensors& tensors, std::size_t header_padding = 0);

/// All tensors of a BERT of two layers, width 8, 12 between the maps, a vocabulary of 11, 9 positions and 2
/// types; each with a seed of its own.
[[nodiscard]] MadeUpTensors bert_tensors();
/// Its config.json.
[[nodiscard]] nlohmann::json bert_config();

/// Gives tensors new names.
template <typename Rename>
[[nodiscard]] MadeUpTensors renamed(const MadeUpTensors& tensors, Rename rename) {
  MadeUpTensors result;
  for (const auto& [name, tensor] : tensors) result[rename(name)] = tensor;
  return result;
}

/// Writes config.json and model.safetensors.
void write_model(const TemporaryFolder& folder, const nlohmann::json& config, const MadeUpTensors& tensors);

/// Element i of what a view shows.
[[nodiscard]] float element(const ops::WeightView& view, std::int64_t i);
/// Whether a view shows rows [first, first + view.rows) of this tensor, in every element.
[[nodiscard]] bool shows(const ops::WeightView& view, const MadeUpTensor& tensor, std::int64_t first = 0);

}  // namespace saccade::test
