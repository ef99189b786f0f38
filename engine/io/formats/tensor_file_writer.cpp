#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "core/checked.hpp"
#include "core/public_call.hpp"
#include "io/files/errors.hpp"
#include "io/formats/npy.hpp"
#include "io/formats/npz_sink.hpp"
#include "io/formats/placed_sink.hpp"
#include "io/formats/safetensors.hpp"
#include "io/formats/storage_types.hpp"
#include "io/formats/tensor_sink.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade {
namespace {

namespace fs = std::filesystem;
using io::Place;

/// The format by the path's extension; .npz, which can hold any number of tensors, for devices and pipes.
std::string extension_of(const fs::path& path) {
  std::error_code unknown;
  const fs::file_status status = fs::status(path, unknown);
  const bool device = fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
  return device && !path.has_extension() ? ".npz" : path.extension().string();
}

void check_names(const fs::path& path, std::span<const TensorInfo> tensors, const std::string& extension) {
  constexpr std::size_t longest = 65535 - 4;  // a zip entry's name, without ".npy"
  for (const TensorInfo& tensor : tensors) {
    const std::string& name = tensor.name;
    if (name.empty() || name.size() > longest || name.find('\0') != std::string::npos) {
      throw io::argument_error({path}, "a tensor's name has " + std::to_string(name.size()) +
                                           " bytes or a zero byte; expected 1 to " + std::to_string(longest));
    }
    if (extension == ".safetensors" && name == "__metadata__") {
      throw io::argument_error({path, name}, "the name has another meaning in .safetensors");
    }
  }
}

void check_tensors(const fs::path& path, std::span<const TensorInfo> tensors) {
  std::optional<std::uint64_t> total = 0;
  for (const TensorInfo& tensor : tensors) {
    const std::optional<std::uint64_t> bytes = io::bytes_of(tensor);
    if (bytes) total = core::checked_add(*total, *bytes);
    // Half the range leaves room for headers.
    if (!bytes || !total || *total > std::numeric_limits<std::uint64_t>::max() / 2) {
      throw io::argument_error(
          {path, tensor.name},
          "shape " + io::shape_text(tensor.shape) + " has a negative size or leads to more than 2^63 bytes");
    }
    if (tensor.type != StorageType::f32 && tensor.type != StorageType::i32 &&
        tensor.type != StorageType::i64) {
      throw io::argument_error({path, tensor.name}, "type " + std::string(to_string(tensor.type)) +
                                                        " cannot be written; expected f32, i32 or i64");
    }
  }
}

std::unique_ptr<io::TensorSink> create_npy(const fs::path& path, std::span<const TensorInfo> tensors) {
  if (tensors.size() != 1) {
    throw io::argument_error({path}, "an .npy holds one tensor, not " + std::to_string(tensors.size()) +
                                         "; .npz and .safetensors hold more");
  }
  const std::string header = io::npy_header(tensors[0]);
  return std::make_unique<io::PlacedSink>(path, header, std::vector<std::uint64_t>{header.size()});
}

std::unique_ptr<io::TensorSink> create_sink(const fs::path& path, std::span<const TensorInfo> tensors) {
  const std::string extension = extension_of(path);
  check_names(path, tensors, extension);
  check_tensors(path, tensors);
  if (extension == ".npy") return create_npy(path, tensors);
  if (extension == ".npz") return std::make_unique<io::NpzSink>(path, tensors);
  if (extension == ".safetensors") {
    io::SafetensorsLayout layout = io::safetensors_layout(path, tensors);
    return std::make_unique<io::PlacedSink>(path, layout.header, std::move(layout.begins));
  }
  throw io::argument_error({path}, "cannot tell the format by the extension '" + extension +
                                       "'; expected .npy, .npz or .safetensors");
}

}  // namespace

struct [[gnu::visibility("hidden")]] TensorFileWriter::State {
  State(const fs::path& file, std::vector<TensorInfo> infos);

  [[nodiscard]] Place place(std::size_t tensor) const {
    return {path, tensors[tensor].name};
  }
  /// The tensor of that name. Throws unless `elements` more of one of `types` may be appended to it.
  [[nodiscard]] std::size_t admit(std::string_view name, std::size_t elements,
                                  std::span<const StorageType> types) const;
  void append(std::size_t tensor, std::span<const std::byte> bytes);
  void append_as_i32(std::size_t tensor, std::span<const std::int64_t> values);
  void require_open() const;
  void require_complete() const;
  void finish();
  void commit();

  fs::path path;
  std::vector<TensorInfo> tensors;
  std::unordered_map<std::string_view, std::size_t> index;
  std::vector<std::uint64_t> written;        ///< bytes of each tensor
  std::unique_ptr<io::TensorSink> sink;      ///< null after finish()
  std::unique_ptr<io::TensorSink> finished;  ///< between finish() and commit()
};

TensorFileWriter::State::State(const fs::path& file, std::vector<TensorInfo> infos)
    : path(file), tensors(std::move(infos)), written(tensors.size()) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!index.emplace(tensors[i].name, i).second) throw io::argument_error(place(i), "is declared twice");
  }
  sink = create_sink(path, tensors);
}

std::size_t TensorFileWriter::State::admit(std::string_view name, std::size_t elements,
                                           std::span<const StorageType> types) const {
  require_open();
  const auto found = index.find(name);
  if (found == index.end()) throw io::argument_error({path, std::string(name)}, "was not declared");
  const TensorInfo& tensor = tensors[found->second];
  if (std::find(types.begin(), types.end(), tensor.type) == types.end()) {
    throw io::argument_error(place(found->second), "was declared " + std::string(to_string(tensor.type)) +
                                                       ", which is not the type of the values appended");
  }
  const auto size = static_cast<std::uint64_t>(tensor.elements());
  const std::uint64_t done = written[found->second] / size_of(tensor.type);
  if (elements > size - done) {
    throw io::argument_error(place(found->second), "has " + std::to_string(size) + " elements, " +
                                                       std::to_string(done) + " are written, " +
                                                       std::to_string(elements) + " more do not fit");
  }
  return found->second;
}

void TensorFileWriter::State::append(std::size_t tensor, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  sink->append(tensor, written[tensor], bytes);
  written[tensor] += bytes.size();
}

void TensorFileWriter::State::append_as_i32(std::size_t tensor, std::span<const std::int64_t> values) {
  using Limits = std::numeric_limits<std::int32_t>;
  for (const std::int64_t value : values) {
    if (value < Limits::min() || value > Limits::max()) {
      throw io::argument_error(place(tensor), std::to_string(value) + " does not fit i32");
    }
  }
  std::array<std::int32_t, 1024> piece;
  while (!values.empty()) {
    const std::size_t count = std::min(values.size(), piece.size());
    std::transform(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count), piece.begin(),
                   [](std::int64_t value) { return static_cast<std::int32_t>(value); });
    append(tensor, std::as_bytes(std::span(piece).first(count)));
    values = values.subspan(count);
  }
}

void TensorFileWriter::State::require_open() const {
  if (sink) return;
  throw io::argument_error(
      {path}, finished ? "is finished already" : "is committed already, or could not be finished");
}

void TensorFileWriter::State::require_complete() const {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::uint64_t bytes = io::bytes_of(tensors[i]).value();
    if (written[i] == bytes) continue;
    throw io::argument_error(place(i), "has only " + std::to_string(written[i] / size_of(tensors[i].type)) +
                                           " of " + std::to_string(tensors[i].elements()) + " elements");
  }
}

void TensorFileWriter::State::finish() {
  require_open();
  require_complete();
  // A sink that failed to finish is destroyed: a later write could leave a file with missing bytes.
  std::unique_ptr<io::TensorSink> last = std::move(sink);
  last->finish();
  finished = std::move(last);
}

void TensorFileWriter::State::commit() {
  if (!finished) finish();
  finished->commit();
  finished.reset();
}

TensorFileWriter::TensorFileWriter(const fs::path& path, std::vector<TensorInfo> tensors) try
    : state_(std::make_unique<State>(path, std::move(tensors))) {
} catch (...) {
  core::rethrow_as_error();
}
TensorFileWriter::TensorFileWriter(TensorFileWriter&&) noexcept = default;
TensorFileWriter& TensorFileWriter::operator=(TensorFileWriter&&) noexcept = default;
TensorFileWriter::~TensorFileWriter() = default;

void TensorFileWriter::append(std::string_view name, std::span<const float> values) try {
  constexpr std::array types = {StorageType::f32};
  state_->append(state_->admit(name, values.size(), types), std::as_bytes(values));
} catch (...) {
  core::rethrow_as_error();
}

void TensorFileWriter::append(std::string_view name, std::span<const std::int64_t> values) try {
  constexpr std::array types = {StorageType::i64, StorageType::i32};
  const std::size_t tensor = state_->admit(name, values.size(), types);
  if (state_->tensors[tensor].type == StorageType::i32) return state_->append_as_i32(tensor, values);
  state_->append(tensor, std::as_bytes(values));
} catch (...) {
  core::rethrow_as_error();
}

void TensorFileWriter::finish() try { state_->finish(); } catch (...) {
  core::rethrow_as_error();
}

void TensorFileWriter::commit() try { state_->commit(); } catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
