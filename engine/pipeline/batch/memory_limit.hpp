#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace saccade::pipeline {

/// Bytes that the memory cgroups (v1 or v2) of this process allow, the smallest of all levels; nothing when
/// none limits it. `root` is where proc and sys are found.
[[nodiscard]] std::optional<std::uint64_t> cgroup_memory_limit(const std::filesystem::path& root = "/");

/// A quarter of the smaller of machine memory and cgroup limit: room for the weights, for the pages of the
/// files and for the neighbours.
[[nodiscard]] std::uint64_t default_memory_limit();

}  // namespace saccade::pipeline
