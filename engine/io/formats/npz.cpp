#include "io/formats/npz.hpp"

#include <utility>

#include "io/files/errors.hpp"
#include "io/formats/npy.hpp"
#include "io/zip/zip_directory.hpp"
#include "io/zip/zip_entry_source.hpp"

namespace saccade::io {
namespace {

std::string without_extension(const std::string& name) {
  constexpr std::string_view extension = ".npy";
  return name.ends_with(extension) ? name.substr(0, name.size() - extension.size()) : name;
}

}  // namespace

std::vector<StoredTensor> read_npz(const std::shared_ptr<InputFile>& file) {
  std::vector<StoredTensor> tensors;
  for (ZipEntry& entry : read_zip_directory(*file)) {
    entry.name = without_extension(entry.name);
    const std::shared_ptr<ByteSource> bytes = open_entry(file, entry);
    tensors.push_back(read_npy({file->path(), entry.name}, bytes));
    tensors.back().info.name = entry.name;  // which may be empty
    bytes->release_memory();                // an archive may have thousands of entries
  }
  return tensors;
}

}  // namespace saccade::io
