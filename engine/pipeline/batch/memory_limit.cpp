#include "pipeline/batch/memory_limit.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "core/cgroup.hpp"
#include "saccade/run_files.hpp"

namespace saccade::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// cgroup v2 says "max" where there is no limit, v1 a number beyond all memory.
std::uint64_t limit_in(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t limit = 0;
  return file >> limit ? limit : unlimited;
}

std::uint64_t machine_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_size = ::sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_size <= 0) return unlimited;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_size);
}

}  // namespace

std::optional<std::uint64_t> cgroup_memory_limit(const fs::path& root) {
  std::uint64_t limit = unlimited;
  for (const auto& [folder, version] : core::cgroup_folders("memory", root))
    limit = std::min(limit, limit_in(folder / (version == 1 ? "memory.limit_in_bytes" : "memory.max")));
  return limit == unlimited ? std::nullopt : std::optional(limit);
}

}  // namespace saccade::pipeline

namespace saccade {

std::uint64_t default_memory_limit() {
  const std::uint64_t cgroup = pipeline::cgroup_memory_limit().value_or(pipeline::unlimited);
  return std::min(pipeline::machine_memory(), cgroup) / 4;
}

}  // namespace saccade
