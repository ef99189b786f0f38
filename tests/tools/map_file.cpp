#include "tools/map_file.hpp"

#include <doctest/doctest.h>

#include "tools/stored_tensor.hpp"

namespace saccade::test {

Finished run_map(Arguments arguments) {
  arguments.insert(arguments.begin(), "map");
  Finished finished = run_command(arguments);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  return finished;
}

std::string bytes_of(const TemporaryFolder& folder, Arguments arguments, const std::string& extension) {
  const std::filesystem::path path = folder / ("map." + extension);
  arguments.insert(arguments.end(), {"-o", path});
  run_map(arguments);
  return read_bytes(path);
}

MapNumbers numbers_of(const TemporaryFolder& folder, Arguments arguments) {
  bytes_of(folder, std::move(arguments), "npy");
  return MapNumbers(folder / "map.npy");
}

nlohmann::json json_of(const TemporaryFolder& folder, Arguments arguments) {
  return nlohmann::json::parse(bytes_of(folder, std::move(arguments), "json"));
}

Arguments awkward_map(const TemporaryFolder& folder) {
  const auto n = static_cast<std::int64_t>(awkward_names.size());
  std::vector<float> values(static_cast<std::size_t>(2 * n * n));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>((i * 7) % 13) / 60.0f;
  const std::filesystem::path from =
      write_tensors(folder / "awkward.safetensors", {tensor("probabilities_0", "F32", {2, n, n}, values)});
  const nlohmann::json names = {{{"text", "a < b && \"c\""}, {"tokens", awkward_names}}};
  return {"--from", from, "--tokens", folder.write("names.json", names.dump())};
}

}  // namespace saccade::test
