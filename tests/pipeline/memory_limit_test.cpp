#include "pipeline/batch/memory_limit.hpp"

#include <doctest/doctest.h>

#include "fixtures/temporary_folder.hpp"
#include "saccade/run_files.hpp"

namespace {

using saccade::pipeline::cgroup_memory_limit;
using saccade::test::TemporaryFolder;

void put(const TemporaryFolder& root, const std::string& name, const std::string& text) {
  std::filesystem::create_directories((root / name).parent_path());
  root.write(name, text);
}

}  // namespace

TEST_CASE("no cgroups, no limit") {
  const TemporaryFolder root;
  CHECK_FALSE(cgroup_memory_limit(root.path()).has_value());
}

TEST_CASE("cgroup v2: the smallest limit on the way down counts") {
  const TemporaryFolder root;
  put(root, "proc/self/cgroup", "0::/outer/inner\n");
  put(root, "sys/fs/cgroup/outer/memory.max", "max\n");
  put(root, "sys/fs/cgroup/outer/inner/memory.max", "max\n");
  CHECK_FALSE(cgroup_memory_limit(root.path()).has_value());
  put(root, "sys/fs/cgroup/outer/memory.max", "4096\n");
  CHECK(cgroup_memory_limit(root.path()) == 4096);
  put(root, "sys/fs/cgroup/outer/inner/memory.max", "2048\n");
  CHECK(cgroup_memory_limit(root.path()) == 2048);
}

TEST_CASE("cgroup v2 in a container: the mount is the group") {
  const TemporaryFolder root;
  put(root, "proc/self/cgroup", "0::/docker/0123\n");
  put(root, "sys/fs/cgroup/memory.max", "1000\n");
  CHECK(cgroup_memory_limit(root.path()) == 1000);
}

TEST_CASE("cgroup v1") {
  const TemporaryFolder root;
  put(root, "proc/self/cgroup", "5:cpu,cpuacct:/other\n4:memory:/job:7\n0::/\n");
  put(root, "sys/fs/cgroup/memory/job:7/memory.limit_in_bytes", "8000\n");
  put(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(cgroup_memory_limit(root.path()) == 8000);
}

TEST_CASE("the default is a quarter of something") {
  CHECK(saccade::default_memory_limit() > 0);
  CHECK(saccade::default_memory_limit() <= cgroup_memory_limit().value_or(std::uint64_t{1} << 62) / 4);
}
