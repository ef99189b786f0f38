#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace saccade::core {

/// A folder of /sys/fs/cgroup, whose files hold the limits of one level of groups.
struct CgroupFolder {
  std::filesystem::path path;
  int version = 2;  ///< 1 or 2, which have different files
};

/// All levels of the cgroups of this process that may limit `controller` ("cpu", "memory"), of both versions:
/// the limit is the smallest of theirs. Not every folder exists: inside a container the mount may be the
/// group itself, without the group's path below it. `root`: the folder that holds proc and sys.
[[nodiscard]] std::vector<CgroupFolder> cgroup_folders(const std::string& controller,
                                                       const std::filesystem::path& root);

}  // namespace saccade::core
