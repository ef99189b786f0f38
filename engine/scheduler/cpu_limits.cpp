#include "scheduler/cpu_limits.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <thread>

#include "core/cgroup.hpp"

namespace saccade::scheduler {
namespace {

namespace fs = std::filesystem;

std::optional<double> smaller(std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

/// cgroup v2: "max 100000" or "250000 100000", microseconds of CPU time a period.
std::optional<double> quota_v2(const fs::path& folder) {
  std::ifstream file(folder / "cpu.max");
  double quota = 0, period = 0;
  if (file >> quota >> period && period > 0) return quota / period;
  return std::nullopt;
}

/// cgroup v1: -1 for none.
std::optional<double> quota_v1(const fs::path& folder) {
  std::ifstream quota_file(folder / "cpu.cfs_quota_us"), period_file(folder / "cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) return quota / period;
  return std::nullopt;
}

int affinity_cpus() {
  for (std::size_t cpus = CPU_SETSIZE; cpus <= (1u << 20);
       cpus *= 2) {  // the kernel's mask may be larger than cpu_set_t
    cpu_set_t* set = CPU_ALLOC(cpus);
    const bool known = set != nullptr && sched_getaffinity(0, CPU_ALLOC_SIZE(cpus), set) == 0;
    const int count = known ? CPU_COUNT_S(CPU_ALLOC_SIZE(cpus), set) : 0;
    CPU_FREE(set);
    if (known) return count;
  }
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

}  // namespace

std::optional<double> cgroup_cpu_quota(const fs::path& root) {
  std::optional<double> quota;
  for (const auto& [folder, version] : core::cgroup_folders("cpu", root))
    quota = smaller(quota, version == 1 ? quota_v1(folder) : quota_v2(folder));
  return quota;
}

CpuLimit limit_of(int cpus, std::optional<double> quota) {
  const int allowed = quota ? std::max(1, static_cast<int>(std::floor(*quota))) : cpus;
  if (allowed >= cpus)
    return {cpus, std::to_string(cpus) + (cpus == 1 ? " CPU" : " CPUs") + " in the affinity mask"};
  char reason[64];
  std::snprintf(reason, sizeof reason, "cgroup CPU quota of %.2f", *quota);
  return {allowed, reason};
}

CpuLimit cpu_limit() {
  return limit_of(affinity_cpus(), cgroup_cpu_quota());
}

}  // namespace saccade::scheduler
