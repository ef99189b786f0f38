#include "io/formats/storage_types.hpp"

#include <algorithm>

#include "core/checked.hpp"

namespace saccade {
namespace io {
namespace {

constexpr bool in_order_of_enum() {
  for (std::size_t i = 0; i < storage_types.size(); ++i) {
    if (static_cast<std::size_t>(storage_types[i].type) != i) return false;
  }
  return true;
}
static_assert(in_order_of_enum());

template <typename Matches>
std::optional<StorageType> find_type(Matches matches) noexcept {
  const auto* row = std::find_if(storage_types.begin(), storage_types.end(), matches);
  if (row == storage_types.end()) return std::nullopt;
  return row->type;
}

}  // namespace

const StorageTypeRow& row_of(StorageType type) noexcept {
  return storage_types[static_cast<std::size_t>(type)];
}

std::optional<StorageType> type_of_npy(std::string_view code) noexcept {
  return find_type([code](const StorageTypeRow& row) { return !code.empty() && row.npy == code; });
}

std::optional<StorageType> type_of_safetensors(std::string_view code) noexcept {
  return find_type([code](const StorageTypeRow& row) { return row.safetensors == code; });
}

std::optional<std::uint64_t> bytes_of(const TensorInfo& tensor) noexcept {
  std::optional<std::int64_t> bytes = static_cast<std::int64_t>(size_of(tensor.type));
  bool empty = false;
  for (const std::int64_t size : tensor.shape) {
    if (size < 0) return std::nullopt;
    empty = empty || size == 0;
    if (size != 0) bytes = core::checked_multiply(*bytes, size);
    if (!bytes) return std::nullopt;
  }
  return empty ? 0 : static_cast<std::uint64_t>(*bytes);
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(size);
  }
  return text + "]";
}

}  // namespace io

std::string_view to_string(StorageType type) noexcept {
  return io::row_of(type).name;
}

std::size_t size_of(StorageType type) noexcept {
  return io::row_of(type).size;
}

std::int64_t TensorInfo::elements() const noexcept {
  const std::optional<std::uint64_t> bytes = io::bytes_of(*this);
  return bytes ? static_cast<std::int64_t>(*bytes / size_of(type)) : -1;
}

}  // namespace saccade
