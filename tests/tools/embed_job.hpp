#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "fixtures/paths.hpp"
#include "fixtures/temporary_folder.hpp"
#include "fixtures/tensors.hpp"
#include "saccade/isa.hpp"
#include "saccade/saccade.hpp"
#include "tools/command.hpp"

namespace saccade::test {

/// The sample model, for `saccade embed` and for the library beside it.
struct EmbedJob {
  TemporaryFolder folder;
  std::filesystem::path model = sample_model_path();
  Engine engine;
  Encoder encoder = Encoder::load(engine, model);

  /// `saccade embed` with the model and an output of this name in the folder; with the fastest kernels,
  /// whatever $SACCADE_ISA says, unless others are asked for: these tests are of files.
  [[nodiscard]] Arguments arguments(const std::filesystem::path& input, const std::string& output,
                                    const Arguments& more = {}) const {
    Arguments all = {"embed", input, "--model", model, "-o", folder / output};
    all.insert(all.end(), more.begin(), more.end());
    if (std::find(more.begin(), more.end(), "--isa") == more.end())
      all.insert(all.end(), {"--isa", std::string(to_string(supported_isas().back()))});
    return all;
  }
  Finished run(const std::filesystem::path& input, const std::string& output, const Arguments& more = {},
               const Surroundings& surroundings = {}) const {
    return run_command(arguments(input, output, more), surroundings);
  }
  /// The same; it must end well, and the output's bytes are given.
  std::string embed(const std::filesystem::path& input, const std::string& output, const Arguments& more = {},
                    const Surroundings& surroundings = {}) const {
    const Finished finished = run(input, output, more, surroundings);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return read_bytes(folder / output);
  }
  /// What the library makes of them.
  [[nodiscard]] Floats vectors(const std::vector<std::string>& texts, const EmbedOptions& options = {}) {
    return encoder.embed(engine, texts, options);
  }
};

/// So many lines of a few to some dozens of words, the same each time.
[[nodiscard]] inline std::string made_up_lines(std::int64_t count) {
  static const std::vector<std::string> words = {"the",    "attention",   "of",    "a",
                                                 "sailor", "application", "never", "perfect",
                                                 "its",    "light",       "music", "über"};
  std::mt19937 generator(5);
  std::string text;
  for (std::int64_t line = 0; line < count; ++line) {
    for (std::size_t word = generator() % 30; word > 0; --word)
      text += words[generator() % words.size()] + " ";
    text += std::to_string(line) + "\n";
  }
  return text;
}

}  // namespace saccade::test
