#include "pipeline/embed/model_fingerprint.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "io/files/crc32.hpp"
#include "io/files/errors.hpp"
#include "io/files/input_file.hpp"
#include "pipeline/embed/escaped_bytes.hpp"

namespace saccade::pipeline {
namespace {

namespace fs = std::filesystem;

bool may_be_read(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".json" || extension == ".txt" || extension == ".safetensors";
}

/// `folder` and those in it down to `depth`: modules lie side by side, each in a folder of its own.
void add_folder(const fs::path& folder, const fs::path& name, int depth, std::vector<fs::path>& files) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const fs::path file = entry.path().filename();
    if (file.string().starts_with('.')) continue;
    if (entry.is_directory()) {
      if (depth > 0) add_folder(entry.path(), name / file, depth - 1, files);
    } else if (entry.is_regular_file() && may_be_read(file)) {
      files.push_back(name / file);
    }
  }
}

}  // namespace

std::vector<fs::path> model_files(const fs::path& directory) {
  std::vector<fs::path> files;
  try {
    add_folder(directory, {}, 1, files);
  } catch (const fs::filesystem_error& error) {
    throw io::system_error(directory, "read", error.code().value());
  }
  return files;
}

nlohmann::json model_fingerprint(const fs::path& directory) {
  nlohmann::json described = nlohmann::json::object();
  for (const fs::path& name : model_files(directory)) {
    const io::InputFile file(directory / name);
    described[escaped_bytes(name.string())] = {
        {"size", file.size()}, {"crc32", io::crc32_of_range(file.descriptor(), 0, file.size())}};
  }
  return described;
}

}  // namespace saccade::pipeline
