#include "io/formats/convert.hpp"

#include <cstring>

#include "core/floating_point.hpp"
#include "core/half.hpp"

namespace saccade::io {
namespace {

template <typename Stored, typename Out, typename Convert>
void convert_each(std::span<const std::byte> bytes, std::span<Out> out, Convert convert) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = convert(stored);
  }
}

}  // namespace

void convert_to_float(StorageType type, std::span<const std::byte> bytes, std::span<float> out) noexcept {
  if (type == StorageType::f16) {
    convert_each<std::uint16_t>(bytes, out, [](std::uint16_t half) { return core::float_from_f16(half); });
  } else if (type == StorageType::bf16) {
    convert_each<std::uint16_t>(bytes, out, [](std::uint16_t half) { return core::float_from_bf16(half); });
  } else if (type == StorageType::f64) {
    const core::DefaultFloatingPoint environment;  // f64 is the only type that is rounded
    convert_each<double>(bytes, out, [](double value) { return static_cast<float>(value); });
  } else {
    convert_each<float>(bytes, out, [](float value) { return value; });
  }
}

void convert_to_integers(StorageType type, std::span<const std::byte> bytes,
                         std::span<std::int64_t> out) noexcept {
  if (type == StorageType::i32) {
    convert_each<std::int32_t>(bytes, out, [](std::int32_t value) { return value; });
  } else {
    convert_each<std::int64_t>(bytes, out, [](std::int64_t value) { return value; });
  }
}

}  // namespace saccade::io
