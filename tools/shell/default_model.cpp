#include "shell/default_model.hpp"

#include "saccade/error.hpp"

namespace saccade::command {
namespace {

namespace fs = std::filesystem;

constexpr const char* model = "share/saccade/saccade-mini";

}  // namespace

fs::path model_or_default(const fs::path& given) {
  if (!given.empty()) return given;
  const fs::path folder = fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path installed = (folder.parent_path() / model), built = folder / model;
  for (const fs::path& path : {built, installed})
    if (fs::exists(path / "config.json")) return path;
  throw Error(ErrorCode::file_not_usable,
              "no --model is given, and the one that comes with the command is "
              "neither " +
                  built.string() + " nor " + installed.string());
}

}  // namespace saccade::command
