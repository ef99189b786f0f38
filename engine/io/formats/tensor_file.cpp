#include "saccade/tensor_file.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "core/public_call.hpp"
#include "io/files/errors.hpp"
#include "io/files/input_file.hpp"
#include "io/formats/convert.hpp"
#include "io/formats/npy.hpp"
#include "io/formats/npz.hpp"
#include "io/formats/safetensors.hpp"
#include "io/formats/stored_tensor.hpp"

namespace saccade {
namespace {

using io::InputFile;
using io::StoredTensor;

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {' ', digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

std::vector<StoredTensor> read_headers(const std::shared_ptr<InputFile>& file) {
  const std::string magic = io::read_string(*file, 0, std::min<std::uint64_t>(file->size(), 9));
  if (magic.empty()) throw io::format_error({file->path()}, "is empty");
  if (magic.starts_with(io::npy_magic)) return {io::read_npy({file->path()}, file)};
  if (magic.starts_with("PK\x03\x04") || magic.starts_with("PK\x05\x06")) return io::read_npz(file);
  // Eight bytes of length, then the JSON header.
  if (magic.size() == 9 && magic[8] == '{') return io::read_safetensors(file);
  throw io::format_error({file->path()},
                         "is neither .npy nor .npz nor .safetensors: it begins with" + hexadecimal(magic));
}

std::string list_names(std::span<const TensorInfo> tensors) {
  constexpr std::size_t most = 20;
  std::string text = tensors.empty() ? "no tensors" : "";
  for (std::size_t i = 0; i < std::min(tensors.size(), most); ++i) {
    text += (i == 0 ? "'" : ", '") + io::printable(tensors[i].name) + "'";
  }
  return tensors.size() > most ? text + " and " + std::to_string(tensors.size() - most) + " more" : text;
}

}  // namespace

struct [[gnu::visibility("hidden")]] TensorFile::State {
  explicit State(std::shared_ptr<InputFile> input);

  /// Null: there is none of this name. Throws Error{file_format} for one that cannot be read.
  [[nodiscard]] const std::size_t* find(std::string_view name);
  [[nodiscard]] std::size_t index_of(std::string_view name);
  [[nodiscard]] io::Place place(std::size_t tensor) const {
    return {file->path(), infos[tensor].name};
  }

  /// Throws Error{invalid_argument} unless there are elements first to first + count - 1.
  void require_elements(std::size_t tensor, std::int64_t first, std::size_t count) const;
  [[nodiscard]] Error wrong_type(std::size_t tensor, const std::string& expected) const;

  /// Reads elements first to first + out.size() - 1 in pieces, and converts each piece.
  template <typename Out, typename Convert>
  void read(std::size_t tensor, std::uint64_t first, std::span<Out> out, Convert convert);
  void read_bytes(std::size_t tensor, std::uint64_t first, std::span<std::byte> out);

  std::shared_ptr<InputFile> file;
  std::vector<StoredTensor> stored;
  std::vector<TensorInfo> infos;
  std::unordered_map<std::string_view, std::size_t> index;
  std::unordered_map<std::string, std::string> unreadable;  ///< names, and messages for who asks for them
  std::vector<bool> asked;                                  ///< for each tensor: a caller has named it
};

TensorFile::State::State(std::shared_ptr<InputFile> input)
    : file(std::move(input)), stored(read_headers(file)) {
  std::erase_if(stored, [&](StoredTensor& tensor) {
    if (tensor.unreadable.empty()) return false;
    unreadable.emplace(std::move(tensor.info.name), std::move(tensor.unreadable));
    return true;
  });
  infos.reserve(stored.size());
  for (StoredTensor& tensor : stored) infos.push_back(std::move(tensor.info));
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (!index.emplace(infos[i].name, i).second || unreadable.contains(infos[i].name))
      throw io::format_error(place(i), "is there twice");
  }
  asked.resize(infos.size());
}

const std::size_t* TensorFile::State::find(std::string_view name) {
  const auto found = index.find(name);
  if (found != index.end()) {
    asked[found->second] = true;
    return &found->second;
  }
  const auto reason = unreadable.find(std::string(name));
  if (reason != unreadable.end()) throw Error(ErrorCode::file_format, reason->second);
  return nullptr;
}

std::size_t TensorFile::State::index_of(std::string_view name) {
  if (const std::size_t* const tensor = find(name)) return *tensor;
  throw io::format_error({file->path()},
                         "has no tensor '" + io::printable(name) + "'; it has " + list_names(infos));
}

void TensorFile::State::require_elements(std::size_t tensor, std::int64_t first, std::size_t count) const {
  const std::int64_t elements = infos[tensor].elements();
  if (first >= 0 && first <= elements && count <= static_cast<std::uint64_t>(elements - first)) return;
  throw io::argument_error(place(tensor), "cannot read " + std::to_string(count) + " elements from " +
                                              std::to_string(first) + ": it has " + std::to_string(elements));
}

Error TensorFile::State::wrong_type(std::size_t tensor, const std::string& expected) const {
  return io::format_error(
      place(tensor), "has type " + std::string(to_string(infos[tensor].type)) + "; expected " + expected);
}

void TensorFile::State::read_bytes(std::size_t tensor, std::uint64_t first, std::span<std::byte> out) {
  if (out.empty()) return;
  stored[tensor].bytes->read(stored[tensor].begin + first * size_of(infos[tensor].type), out);
}

template <typename Out, typename Convert>
void TensorFile::State::read(std::size_t tensor, std::uint64_t first, std::span<Out> out, Convert convert) {
  const StorageType type = infos[tensor].type;
  std::array<std::byte, 16384> piece;  // stays in the L1 cache until it is converted
  const std::size_t piece_elements = piece.size() / size_of(type);
  while (!out.empty()) {
    const std::span<Out> step = out.first(std::min(out.size(), piece_elements));
    const std::span<std::byte> bytes = std::span(piece).first(step.size() * size_of(type));
    read_bytes(tensor, first, bytes);
    convert(type, bytes, step);
    first += step.size();
    out = out.subspan(step.size());
  }
}

TensorFile::TensorFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
TensorFile::TensorFile(TensorFile&&) noexcept = default;
TensorFile& TensorFile::operator=(TensorFile&&) noexcept = default;
TensorFile::~TensorFile() = default;

TensorFile TensorFile::open(const std::filesystem::path& path) try {
  return TensorFile(std::make_unique<State>(std::make_shared<InputFile>(path)));
} catch (...) {
  core::rethrow_as_error();
}

const std::filesystem::path& TensorFile::path() const noexcept {
  return state_->file->path();
}

std::span<const TensorInfo> TensorFile::tensors() const noexcept {
  return state_->infos;
}

const TensorInfo* TensorFile::find(std::string_view name) const try {
  const std::size_t* const tensor = state_->find(name);
  return tensor == nullptr ? nullptr : &state_->infos[*tensor];
} catch (...) {
  core::rethrow_as_error();
}

void TensorFile::require_all_used(std::string_view known) const try {
  std::vector<TensorInfo> unused;
  for (std::size_t i = 0; i < state_->infos.size(); ++i) {
    if (!state_->asked[i]) unused.push_back(state_->infos[i]);
  }
  if (unused.empty()) return;
  throw Error(ErrorCode::unsupported,
              io::to_string({path()}) + (unused.size() == 1 ? "tensor " : "tensors ") + list_names(unused) +
                  (unused.size() == 1 ? " is" : " are") +
                  " not known here and could change the result; expected " + std::string(known));
} catch (...) {
  core::rethrow_as_error();
}

const TensorInfo& TensorFile::at(std::string_view name) const try {
  return state_->infos[state_->index_of(name)];
} catch (...) {
  core::rethrow_as_error();
}

void TensorFile::read(std::string_view name, std::int64_t first, std::span<float> out) const try {
  const std::size_t tensor = state_->index_of(name);
  const StorageType type = state_->infos[tensor].type;
  state_->require_elements(tensor, first, out.size());
  if (!io::converts_to_float(type)) throw state_->wrong_type(tensor, "f32, f16, bf16 or f64");
  const auto begin = static_cast<std::uint64_t>(first);
  if (type == StorageType::f32) return state_->read_bytes(tensor, begin, std::as_writable_bytes(out));
  state_->read(tensor, begin, out, io::convert_to_float);
} catch (...) {
  core::rethrow_as_error();
}

void TensorFile::read_bytes(std::string_view name, std::int64_t first, std::span<std::uint8_t> out) const
    try {
  const std::size_t tensor = state_->index_of(name);
  const StorageType type = state_->infos[tensor].type;
  state_->require_elements(tensor, first, out.size());
  if (type != StorageType::boolean && type != StorageType::u8) throw state_->wrong_type(tensor, "bool or u8");
  state_->read_bytes(tensor, static_cast<std::uint64_t>(first), std::as_writable_bytes(out));
} catch (...) {
  core::rethrow_as_error();
}

std::vector<std::int64_t> TensorFile::read_integers(std::string_view name) const try {
  const std::size_t tensor = state_->index_of(name);
  const TensorInfo& info = state_->infos[tensor];
  if (info.type != StorageType::i32 && info.type != StorageType::i64)
    throw state_->wrong_type(tensor, "i32 or i64");
  std::vector<std::int64_t> values(static_cast<std::size_t>(info.elements()));
  state_->read(tensor, 0, std::span(values), io::convert_to_integers);
  return values;
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
