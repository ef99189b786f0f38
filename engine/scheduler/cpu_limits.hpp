#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace saccade::scheduler {

struct CpuLimit {
  int threads;
  std::string reason;
};

/// How many threads this process can keep busy: CPUs of the calling thread's affinity mask, or the cgroup's
/// CPU quota rounded down where that is less; at least 1.
CpuLimit cpu_limit();

/// The CPU quota of this process's cgroups (v1 or v2), in CPUs, the smallest of all levels; empty where none
/// limits it. `root` is the folder that contains proc and sys.
std::optional<double> cgroup_cpu_quota(const std::filesystem::path& root = "/");

/// The smaller of CPUs and quota, and why.
CpuLimit limit_of(int cpus, std::optional<double> quota);

}  // namespace saccade::scheduler
