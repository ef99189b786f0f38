#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "map/find_token.hpp"
#include "map/head_statistics.hpp"
#include "map/html_view.hpp"
#include "map/json_view.hpp"
#include "map/map_options.hpp"
#include "map/map_source.hpp"
#include "map/most_attended.hpp"
#include "map/png_view.hpp"
#include "map/rollout.hpp"
#include "map/svg_view.hpp"
#include "map/text_view.hpp"
#include "map/write_map.hpp"
#include "saccade/error.hpp"
#include "shell/default_model.hpp"
#include "shell/output_paths.hpp"
#include "subcommands.hpp"

namespace saccade::command {
namespace {

/// Columns that a matrix of so many tokens takes, two each, fit a wide terminal.
constexpr std::size_t longest_matrix = 64;
constexpr std::size_t shown_keys = 8;

std::string read_text(std::istream& stream, const std::string& name) {
  if (!stream) throw Error(ErrorCode::file_not_usable, name + ": cannot open");
  std::string text(std::istreambuf_iterator<char>(stream), {});
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::vector<std::string> texts_of(const MapOptions& options) {
  if (!options.texts.empty()) return options.texts;
  if (options.text_file.empty() || options.text_file == "-") return {read_text(std::cin, "standard input")};
  std::ifstream file(options.text_file, std::ios::binary);
  return {read_text(file, options.text_file.string())};
}

/// Throws Error where the output would take the place of a file that is read.
void keep_inputs(const MapOptions& options) {
  const std::filesystem::path& input = options.from.empty() ? options.text_file : options.from;
  if (!input.empty()) (void)pair_paths({input}, options.output, {}, {options.names});
  if (options.from.empty()) keep_model(model_or_default(options.model), options.output);
}

std::unique_ptr<MapSource> open_source(const MapOptions& options) {
  keep_inputs(options);
  if (!options.from.empty())
    return open_probabilities(options.from, options.names, options.sequence, options.rows);
  return open_text(options.engine, options.model, texts_of(options));
}

/// NO_COLOR: https://no-color.org.
bool wants_colour(const MapOptions& options) {
  if (options.colour != ColourMode::automatic) return options.colour == ColourMode::always;
  const auto set = [](const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr && *value != '\0' ? std::string(value) : "";
  };
  return options.output.empty() && ::isatty(STDOUT_FILENO) == 1 && set("NO_COLOR").empty() &&
         set("TERM") != "dumb";
}

class MapCommand {
 public:
  explicit MapCommand(const MapOptions& options) : options_(options), source_(open_source(options)) {
    if (!options.token.empty()) position_ = find_token(source_->tokens(), options.token);
  }

  int run();

 private:
  [[nodiscard]] AttentionMap read(bool whole) const;
  [[nodiscard]] AttentionMap rollout_of(bool whole) const;
  [[nodiscard]] bool is_tensors() const {
    return options_.format == "npy" || options_.format == "npz" || options_.format == "safetensors";
  }
  [[nodiscard]] bool is_drawn() const {
    return options_.format == "svg" || options_.format == "png" || options_.format == "html";
  }
  void write_top() const;
  [[nodiscard]] std::string bytes_of(const AttentionMap& map) const;
  [[nodiscard]] std::string text_of(const AttentionMap& map) const;

  const MapOptions& options_;
  std::unique_ptr<MapSource> source_;
  std::optional<std::int64_t> position_;  ///< of the chosen token
};

/// `whole`: every row, also where a token is chosen.
AttentionMap MapCommand::read(bool whole) const {
  MapSelection selection = options_.selection;
  if (options_.rollout) return rollout_of(whole);
  if (!whole) selection.query = position_;
  return source_->read(selection);
}

AttentionMap MapCommand::rollout_of(bool whole) const {
  AttentionMap map = rollout(source_->read({.layers_to = options_.selection.layer}));
  return whole || !position_ ? map : row_of(map, *position_);
}

void MapCommand::write_top() const {
  const auto k = static_cast<std::size_t>(options_.top);
  const std::int64_t most = std::min(options_.top, static_cast<std::int64_t>(source_->tokens().size()));
  const TopMap top = position_ ? most_attended(read(false), k) : source_->read_top(options_.selection, most);
  if (is_tensors()) return write_tensors(top, options_.output);
  write_bytes(options_.format == "json" ? as_json(top) : lines_of(top, wants_colour(options_)),
              options_.output);
}

std::string MapCommand::text_of(const AttentionMap& map) const {
  const bool colour = wants_colour(options_);
  if (position_)
    return bars(map, 0, options_.top > 0 ? static_cast<std::size_t>(options_.top) : shown_keys, colour);
  if (map.keys() <= longest_matrix) return shaded_matrix(map, colour);
  throw Error(
      ErrorCode::invalid_argument,
      "a matrix of " + std::to_string(map.keys()) +
          " tokens is too wide for a text; name a --token, or --top K keys of each, or write a file with -o");
}

std::string MapCommand::bytes_of(const AttentionMap& map) const {
  if (options_.format == "svg") return as_svg(map, position_);
  if (options_.format == "png") return as_png(as_svg(map, position_));
  if (options_.stats) {
    const std::vector<HeadStatistics> statistics = head_statistics(map);
    return options_.format == "json" ? as_json(statistics) : as_table(statistics);
  }
  if (options_.format == "html") return as_html(map, position_);
  if (options_.format == "json") return as_json(map);
  return text_of(map);
}

int MapCommand::run() {
  if (options_.top > 0 && !(position_ && options_.format == "txt")) {
    write_top();
    return 0;
  }
  const AttentionMap map = read(is_drawn() || options_.stats);
  if (is_tensors()) {
    write_tensors(map, options_.output);
  } else {
    write_bytes(bytes_of(map), options_.output);
  }
  return 0;
}

}  // namespace

void add_map(CLI::App& app, Action& action) {
  const auto options = std::make_shared<MapOptions>();
  CLI::App& map =
      *app.add_subcommand("map", "Shows what attends to what in a text: as a picture, a page or numbers");
  add_map_options(map, *options);
  map.footer(
      "Example: saccade map \"The Law will never be perfect, but its application should be just.\" --token "
      "its\n\n");
  map.callback([options, &action] {
    check_together(*options);
    action = [options] { return MapCommand(*options).run(); };
  });
}

}  // namespace saccade::command
