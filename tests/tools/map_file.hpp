#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fixtures/npy_array.hpp"
#include "tools/command.hpp"

namespace saccade::test {

inline constexpr const char* law = "The Law will never be perfect, but its application should be just.";

/// `saccade map` with these arguments, which must end well.
Finished run_map(Arguments arguments);

/// The numbers of a map, as its .npy has them.
struct MapNumbers {
  NpyArray array;  ///< [layers][heads][queries][keys]

  explicit MapNumbers(const std::filesystem::path& npy) : array(NpyArray::read(npy)) {}
  [[nodiscard]] std::int64_t size(int axis) const { return array.shape.at(static_cast<std::size_t>(axis)); }
  [[nodiscard]] double at(std::int64_t layer, std::int64_t head, std::int64_t query, std::int64_t key) const {
    return static_cast<double>(array.value(((layer * size(1) + head) * size(2) + query) * size(3) + key));
  }
};

/// What `saccade map` writes with these arguments, as the file's extension says.
MapNumbers numbers_of(const TemporaryFolder& folder, Arguments arguments);
nlohmann::json json_of(const TemporaryFolder& folder, Arguments arguments);
std::string bytes_of(const TemporaryFolder& folder, Arguments arguments, const std::string& extension);

/// Names that show what a format has to escape, as --tokens wants them.
inline const std::vector<std::string> awkward_names = {
    "<script>alert(1)</script>", "\"quoted\" & 'single'", "שלום", "🙂", "注意力", "##ção"};
/// Probabilities of two heads over those tokens, and the arguments that show them.
Arguments awkward_map(const TemporaryFolder& folder);

}  // namespace saccade::test
