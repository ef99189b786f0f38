#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "map/map_source.hpp"
#include "saccade/engine.hpp"

namespace saccade::command {

enum class ColourMode : std::uint8_t { automatic, never, always };

/// The command line of `saccade map`.
struct MapOptions {
  EngineOptions engine;
  std::vector<std::string> texts;  ///< one, or a pair; none: from the file, or stdin
  std::filesystem::path text_file;
  std::filesystem::path model;  ///< empty: the command's own
  std::filesystem::path from;   ///< probabilities in place of texts; empty: none
  std::filesystem::path names;
  std::int64_t sequence = 0;
  std::vector<std::int64_t> rows;
  MapSelection selection;
  std::string token;  ///< empty: none is chosen
  std::int64_t top = 0;
  bool rollout = false;
  bool stats = false;
  std::filesystem::path output;  ///< empty: stdout
  std::string format;            ///< "txt", "svg" and so on; empty: as the output's name says
  ColourMode colour = ColourMode::automatic;
};

void add_map_options(CLI::App& map, MapOptions& options);

/// Throws CLI::ValidationError for options that do not go together. Sets the format where it is empty.
void check_together(MapOptions& options);

}  // namespace saccade::command
