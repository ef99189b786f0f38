#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "attend/attend_layout.hpp"
#include "saccade/attention.hpp"
#include "saccade/engine.hpp"

namespace saccade::command {

/// The command line of `saccade attend`.
struct AttendOptions {
  EngineOptions engine;
  std::filesystem::path input;
  std::filesystem::path output;
  std::optional<Layout> layout;  ///< unset: told by q's rank
  std::int64_t heads = 0;        ///< 0: told by q's shape
  std::int64_t kv_heads = 0;     ///< 0: told by the shapes of k and v, else as heads
  bool causal = false;
  Window window;
  FirstQuery first_query = FirstQuery::bottom_right;
  std::optional<std::int64_t> first_position;
  std::optional<float> scale;
  float softcap = 0.0f;
  bool log_sum_exp = false;
  bool probabilities = false;
  bool mean_probabilities = false;
  std::int64_t top_keys = 0;
  std::vector<std::string> ignored_tensors;
  std::size_t max_memory = 0;  ///< bytes; 0: default_memory_limit()
};

void add_attend_options(CLI::App& attend, AttendOptions& options);

}  // namespace saccade::command
