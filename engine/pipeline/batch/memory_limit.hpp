#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace saccade::pipeline {

/// Bytes that the memory cgroups (v1 or v2) of this process allow, the smallest of all levels; nothing when
/// none limits it. `root` is where proc and sys are found.
[[nodiscard]] std::optional<std::uint64_t> cgroup_memory_limit(const std::filesystem::path& root = "/");

}  // namespace saccade::pipeline
