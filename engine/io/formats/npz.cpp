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

/// An archive may hold other files than arrays, and such as are compressed in other ways.
StoredTensor read_entry(const std::shared_ptr<InputFile>& file, const ZipEntry& entry) {
  const Place place{file->path(), entry.name};
  if (!entry.unreadable.empty()) return unreadable_tensor(entry.name, to_string(place) + entry.unreadable);
  const std::shared_ptr<ByteSource> bytes = open_entry(file, entry);
  const bool is_npy =
      bytes->size() >= npy_magic.size() && read_string(*bytes, 0, npy_magic.size()) == npy_magic;
  StoredTensor tensor = is_npy ? read_npy(place, bytes)
                               : unreadable_tensor(entry.name, to_string(place) + "is not an array (.npy)");
  bytes->release_memory();  // an archive may have thousands of entries
  return tensor;
}

}  // namespace

std::vector<StoredTensor> read_npz(const std::shared_ptr<InputFile>& file) {
  std::vector<StoredTensor> tensors;
  for (ZipEntry& entry : read_zip_directory(*file)) {
    entry.name = without_extension(entry.name);
    tensors.push_back(read_entry(file, entry));
    tensors.back().info.name = entry.name;  // which may be empty
  }
  return tensors;
}

}  // namespace saccade::io
