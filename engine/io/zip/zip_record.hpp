#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace saccade::io {

/// The bytes of a record of a zip archive, from its signature on. Offsets are those of PKWARE's
/// APPNOTE.TXT 6.3, section 4.3; numbers are little-endian at any alignment. The caller has checked
/// that the record is long enough.
class ZipRecord {
 public:
  explicit ZipRecord(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool is(std::string_view signature) const noexcept { return bytes_.starts_with(signature); }
  [[nodiscard]] std::uint16_t u16(std::size_t at) const noexcept { return number<std::uint16_t>(at); }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const noexcept { return number<std::uint32_t>(at); }
  [[nodiscard]] std::uint64_t u64(std::size_t at) const noexcept { return number<std::uint64_t>(at); }

 private:
  template <typename T>
  [[nodiscard]] T number(std::size_t at) const noexcept {
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }

  std::string_view bytes_;
};

}  // namespace saccade::io
