#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "bench/attention_problem.hpp"

namespace saccade::command {

/// The shapes that `saccade bench attention` is asked for: each list times each other.
struct ShapeLists {
  std::filesystem::path cases;  ///< not empty: the shapes are this file's
  std::vector<std::int64_t> lengths = {128, 512, 2048};
  std::vector<std::int64_t> queries = {};  ///< empty: as the length
  std::vector<std::int64_t> heads = {12};
  std::vector<std::int64_t> kv_heads = {};  ///< empty: as heads
  std::vector<std::int64_t> head_dims = {64};
  std::vector<std::int64_t> batches = {1};
  std::vector<bench::MaskKind> masks = {bench::MaskKind::full, bench::MaskKind::causal};
};

/// Each shape with each mask, of which causal and window are for as many queries as keys only. Throws
/// CLI::ValidationError for shapes that are none, before anything is read.
[[nodiscard]] std::vector<bench::AttentionShape> shapes_of(const ShapeLists& lists);

/// Shapes of a file with a line "batch heads queries keys head_dim" for each; a sixth number on a line is not
/// read, and neither is what stands behind a #. Throws Error{file_not_usable} and Error{file_format}.
[[nodiscard]] std::vector<bench::AttentionShape> read_cases(const std::filesystem::path& path);

}  // namespace saccade::command
