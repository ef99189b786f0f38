#include <doctest/doctest.h>

#include <unistd.h>

#include <fstream>

#include "scheduler/cpu_limits.hpp"

namespace saccade::scheduler {
namespace {

namespace fs = std::filesystem;

/// A file system with a proc and a sys of the test's own.
class FakeRoot {
 public:
  FakeRoot() : path_(fs::temp_directory_path() / ("saccade-test-scheduler-" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;
  ~FakeRoot() { fs::remove_all(path_); }

  FakeRoot& file(const std::string& name, const std::string& text) {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return *this;
  }
  FakeRoot& groups(const std::string& text) { return file("proc/self/cgroup", text); }
  /// A cgroup v1 folder below sys/fs/cgroup with its two files.
  FakeRoot& quota_v1(const std::string& folder, const std::string& quota, const std::string& period) {
    file("sys/fs/cgroup/" + folder + "/cpu.cfs_quota_us", quota + "\n");
    return file("sys/fs/cgroup/" + folder + "/cpu.cfs_period_us", period + "\n");
  }
  FakeRoot& quota_v2(const std::string& folder, const std::string& text) {
    return file("sys/fs/cgroup/" + folder + "/cpu.max", text + "\n");
  }
  [[nodiscard]] std::optional<double> quota() const { return cgroup_cpu_quota(path_); }

 private:
  fs::path path_;
};

TEST_CASE("no cgroup files, no quota") {
  CHECK_FALSE(FakeRoot().quota());
  CHECK_FALSE(FakeRoot().groups("").quota());
  CHECK_FALSE(FakeRoot().groups("0::/\n").quota());
  CHECK_FALSE(FakeRoot().groups("nonsense\n::\n0:\n").quota());
}

TEST_CASE("cgroup v2: quota and period, or max") {
  CHECK(FakeRoot().groups("0::/\n").quota_v2("", "250000 100000").quota() == 2.5);
  CHECK_FALSE(FakeRoot().groups("0::/\n").quota_v2("", "max 100000").quota());
  CHECK_FALSE(FakeRoot().groups("0::/\n").quota_v2("", "100000 0").quota());
  CHECK_FALSE(FakeRoot().groups("0::/\n").quota_v2("", "").quota());
  CHECK(FakeRoot().groups("0::/a/b\n").quota_v2("a/b", "50000 100000").quota() == 0.5);
}

TEST_CASE("cgroup v2: the smallest quota of all levels counts") {
  const auto nested = [](const char* outer, const char* middle, const char* inner) {
    FakeRoot root;
    root.groups("0::/outer/middle.slice/inner\n").quota_v2("outer", outer);
    root.quota_v2("outer/middle.slice", middle).quota_v2("outer/middle.slice/inner", inner);
    return root.quota();
  };
  CHECK(nested("300000 100000", "max 100000", "max 100000") == 3.0);
  CHECK(nested("300000 100000", "150000 100000", "800000 100000") == 1.5);
  CHECK(nested("max 100000", "max 100000", "20000 10000") == 2.0);
}

TEST_CASE("cgroup v2: in a container the mount shows the group itself") {
  CHECK(FakeRoot().groups("0::/docker/0123abc\n").quota_v2("", "400000 100000").quota() == 4.0);
  CHECK(FakeRoot().groups("0::/../../elsewhere\n").quota_v2("", "400000 100000").quota() == 4.0);
}

TEST_CASE("cgroup v1: quota and period of the cpu controller, -1 for none") {
  const std::string groups = "12:memory:/m\n4:cpu,cpuacct:/group\n1:name=systemd:/s\n";
  CHECK(FakeRoot().groups(groups).quota_v1("cpu,cpuacct/group", "150000", "100000").quota() == 1.5);
  CHECK(FakeRoot().groups(groups).quota_v1("cpu/group", "150000", "100000").quota() == 1.5);
  CHECK_FALSE(FakeRoot().groups(groups).quota_v1("cpu,cpuacct/group", "-1", "100000").quota());
  CHECK_FALSE(FakeRoot().groups(groups).quota_v1("memory/m", "150000", "100000").quota());
  CHECK_FALSE(FakeRoot().groups("4:cpuacct,cpuset:/group\n").quota_v1("cpu/group", "1", "1").quota());
}

TEST_CASE("cgroup v1: all levels count, and the mount itself in a container") {
  FakeRoot root;
  root.groups("4:cpu,cpuacct:/docker/0123abc\n").quota_v1("cpu,cpuacct", "600000", "100000");
  CHECK(root.quota() == 6.0);
  root.quota_v1("cpu,cpuacct/docker", "200000", "50000");
  CHECK(root.quota() == 4.0);
}

TEST_CASE("v1 and v2 side by side: the smaller counts") {
  FakeRoot root;
  root.groups("4:cpu,cpuacct:/g\n0::/g\n").quota_v1("cpu,cpuacct/g", "300000", "100000");
  root.quota_v2("g", "200000 100000");
  CHECK(root.quota() == 2.0);
}

TEST_CASE("a quota is rounded down, to one at least, and counts where it is below the CPUs") {
  CHECK(limit_of(8, {}).threads == 8);
  CHECK(limit_of(8, 2.5).threads == 2);
  CHECK(limit_of(8, 2.999).threads == 2);
  CHECK(limit_of(8, 0.1).threads == 1);
  CHECK(limit_of(8, 8.0).threads == 8);
  CHECK(limit_of(2, 64.0).threads == 2);
  CHECK(limit_of(1, {}).threads == 1);
}

TEST_CASE("the limit says why") {
  CHECK(limit_of(8, 2.5).reason == "cgroup CPU quota of 2.50");
  CHECK(limit_of(8, {}).reason == "8 CPUs in the affinity mask");
  CHECK(limit_of(1, 3.0).reason == "1 CPU in the affinity mask");
}

TEST_CASE("this process may use at least one CPU") {
  CHECK(cpu_limit().threads >= 1);
}

}  // namespace
}  // namespace saccade::scheduler
