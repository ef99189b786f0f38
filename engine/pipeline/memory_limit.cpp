#include "pipeline/memory_limit.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

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

/// The smallest limit from the mount down to the group. In a container the mount may show the group itself,
/// and the group's path not exist below it.
std::uint64_t smallest_limit(const fs::path& mount, const fs::path& group, const char* name) {
  std::uint64_t limit = limit_in(mount / name);
  fs::path folder = mount;
  for (const fs::path& part : group.relative_path()) {
    folder /= part;
    limit = std::min(limit, limit_in(folder / name));
  }
  return limit;
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
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // hierarchy:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path group = line.substr(second + 1);
    const fs::path mounts = root / "sys/fs/cgroup";
    if (controllers == ",,") limit = std::min(limit, smallest_limit(mounts, group, "memory.max"));
    if (controllers.find(",memory,") != std::string::npos)
      limit = std::min(limit, smallest_limit(mounts / "memory", group, "memory.limit_in_bytes"));
  }
  return limit == unlimited ? std::nullopt : std::optional(limit);
}

std::uint64_t default_memory_limit() {
  const std::uint64_t limit = std::min(machine_memory(), cgroup_memory_limit().value_or(unlimited));
  return limit / 4;
}

}  // namespace saccade::pipeline
