#include "pipeline/embed/model_fingerprint.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "io/files/crc32.hpp"
#include "io/files/errors.hpp"

namespace saccade::pipeline {
namespace {

namespace fs = std::filesystem;

bool may_be_read(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".json" || extension == ".txt" || extension == ".safetensors";
}

/// `folder` and those in it down to `depth`: modules lie side by side, each in a folder of its own.
void add_folder(const fs::path& folder, const fs::path& name, int depth, nlohmann::json& files) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const fs::path file = entry.path().filename();
    if (file.string().starts_with('.')) continue;
    if (entry.is_directory()) {
      if (depth > 0) add_folder(entry.path(), name / file, depth - 1, files);
    } else if (entry.is_regular_file() && may_be_read(file)) {
      files[(name / file).string()] = {{"size", entry.file_size()},
                                       {"crc32", io::crc32_of_file(entry.path())}};
    }
  }
}

}  // namespace

nlohmann::json model_fingerprint(const fs::path& directory) {
  nlohmann::json files = nlohmann::json::object();
  try {
    add_folder(directory, {}, 1, files);
  } catch (const fs::filesystem_error& error) {
    throw io::system_error(directory, "read", error.code().value());
  }
  return files;
}

}  // namespace saccade::pipeline
