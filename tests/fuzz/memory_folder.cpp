#include "fuzz/memory_folder.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace saccade::fuzz {

namespace fs = std::filesystem;

MemoryFolder::MemoryFolder() {
  const fs::path memory = "/dev/shm";
  path_ = (fs::is_directory(memory) ? memory : fs::temp_directory_path()) /
          ("saccade-fuzz-" + std::to_string(::getpid()));
  fs::create_directories(path_);
}

MemoryFolder::~MemoryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path MemoryFolder::write(const std::string& name, std::string_view bytes) const {
  const fs::path path = path_ / name;
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  require(file.good(), "cannot write into the folder");
  return path;
}

fs::path sample_model() {
  return SACCADE_SAMPLE_MODEL;
}

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

}  // namespace saccade::fuzz
