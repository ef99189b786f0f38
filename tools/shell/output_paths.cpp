#include "shell/output_paths.hpp"

#include <map>
#include <string>

#include "saccade/error.hpp"

namespace saccade::command {
namespace {

namespace fs = std::filesystem;

fs::path place_of(const fs::path& path) {
  std::error_code unknown;
  fs::path place = fs::weakly_canonical(path, unknown);
  return unknown ? fs::absolute(path) : place;
}

bool is_device(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(path, unknown) && !fs::is_regular_file(path, unknown);
}

/// The files of a run by their place on disk, with the argument that names each.
class FileUses {
 public:
  void read(const fs::path& path) {
    if (!path.empty()) uses_.emplace(place_of(path), "read as " + path.string());
  }
  void write(const fs::path& path, const fs::path& input) {
    if (path.empty() || is_device(path)) return;
    const auto [use, added] = uses_.emplace(place_of(path), "written for " + input.string());
    if (added) return;
    throw Error(ErrorCode::invalid_argument, path.string() + ": is to be written for " + input.string() +
                                                 ", but is " + use->second + " too");
  }

 private:
  std::map<fs::path, std::string> uses_;
};

fs::path output_for(const fs::path& input, const fs::path& output, bool several) {
  if (output.empty() || !(several || fs::is_directory(output))) return output;
  return output / input.filename();
}

}  // namespace

std::vector<FilePaths> pair_paths(const std::vector<fs::path>& inputs, const fs::path& output,
                                  const fs::path& probabilities, const std::vector<fs::path>& read_too) {
  const bool several = inputs.size() > 1;
  FileUses uses;
  for (const fs::path& path : read_too) uses.read(path);
  for (const fs::path& input : inputs) uses.read(input);
  std::vector<FilePaths> files;
  for (const fs::path& input : inputs) {
    files.push_back({input, output_for(input, output, several), output_for(input, probabilities, several)});
    uses.write(files.back().output, input);
    uses.write(files.back().probabilities, input);
  }
  return files;
}

void keep_model(const fs::path& model, const fs::path& output) {
  std::error_code unknown;
  if (output.empty() || is_device(output) || !fs::exists(output, unknown)) return;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(model, unknown)) {
    if (fs::equivalent(entry.path(), output, unknown))
      throw Error(ErrorCode::invalid_argument,
                  output.string() + ": is to be written, but is a file of the model too");
  }
}

OutputFolder::OutputFolder(const fs::path& path) {
  if (fs::is_directory(path)) return;
  removed_.emplace(path);
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    throw Error(ErrorCode::file_not_usable,
                path.string() + ": cannot make this folder for the outputs: " + error.message());
  made_ = path;
}

OutputFolder::~OutputFolder() {
  std::error_code not_empty;
  if (!made_.empty()) fs::remove(made_, not_empty);
}

}  // namespace saccade::command
