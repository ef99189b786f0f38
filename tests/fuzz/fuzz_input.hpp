#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "reference/random.hpp"
#include "saccade/views.hpp"

namespace saccade::fuzz {

/// Choices out of the fuzzer's bytes: the first ones of everything where the bytes have run out.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}

  /// 0 to end - 1.
  std::int64_t below(std::int64_t end) noexcept;
  /// Once in n times, never where the bytes have run out.
  bool rarely(std::int64_t n) noexcept { return below(n) == n - 1; }
  template <class T>
  T one_of(std::initializer_list<T> all) noexcept {
    return all.begin()[below(static_cast<std::int64_t>(all.size()))];
  }

 private:
  std::uint8_t next() noexcept;
  std::span<const std::uint8_t> bytes_;
};

/// What kind of numbers a tensor holds.
enum class Numbers : std::uint8_t { usual, large, special };
Numbers choose_numbers(Choices& choices);
StorageType choose_storage(Choices& choices);

/// Memory of exactly so many elements, so that AddressSanitizer sees who reads beside them.
using Memory = std::vector<std::byte>;
Memory random_memory(test::Random& random, std::int64_t elements, StorageType type, Numbers numbers);

/// Where the vectors of a view lie, and how many elements that takes.
struct Placement {
  std::int64_t token_stride = 0, head_stride = 0, sequence_stride = 0;
  std::int64_t elements = 0;
};

/// One of the layouts that views cover; for reading, heads may share a vector.
Placement choose_placement(Choices& choices, const std::vector<std::int64_t>& offsets, std::int64_t heads,
                           std::int64_t dim, bool for_reading);

/// Where the vector of a token of sequence s begins, in elements.
std::int64_t vector_begin(const ConstHeadsView& view, const std::vector<std::int64_t>& offsets, std::size_t s,
                          std::int64_t token, std::int64_t head);

}  // namespace saccade::fuzz
