#include "core/cgroup.hpp"

#include <fstream>

namespace saccade::core {
namespace {

namespace fs = std::filesystem;

/// Adds the folders from the mount down to the group.
void add_levels(fs::path mount, const fs::path& group, int version, std::vector<CgroupFolder>& folders) {
  folders.push_back({mount, version});
  for (const fs::path& part : group.relative_path()) folders.push_back({mount /= part, version});
}

}  // namespace

std::vector<CgroupFolder> cgroup_folders(const std::string& controller, const fs::path& root) {
  std::vector<CgroupFolder> folders;
  const fs::path mounts = root / "sys/fs/cgroup";
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // hierarchy:controllers:path
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      add_levels(mounts, group, 2, folders);
    } else if (("," + controllers + ",").find("," + controller + ",") != std::string::npos) {
      add_levels(mounts / controllers, group, 1, folders);  // cpu,cpuacct
      if (controllers != controller) add_levels(mounts / controller, group, 1, folders);
    }
  }
  return folders;
}

}  // namespace saccade::core
