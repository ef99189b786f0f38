#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace saccade::core {

/// A folder of /sys/fs/cgroup, in which files tell the limits of one level of groups.
struct CgroupFolder {
  std::filesystem::path path;
  int version = 2;  ///< 1 or 2: other files, of other texts
};

/// All levels of the cgroups of this process that may limit `controller` ("cpu", "memory"), of both versions:
/// the limit is the smallest that any of them tells. Not every folder exists: inside a container the mount
/// may show the group itself, and the group's path not be there below it. `root` is where proc and sys are
/// found.
[[nodiscard]] std::vector<CgroupFolder> cgroup_folders(const std::string& controller,
                                                       const std::filesystem::path& root);

}  // namespace saccade::core
