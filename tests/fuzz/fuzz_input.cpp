#include "fuzz/fuzz_input.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace saccade::fuzz {
namespace {

float special_value(test::Random& random) {
  switch (random.below(5)) {
    case 0:
      return NAN;
    case 1:
      return HUGE_VALF;
    case 2:
      return -HUGE_VALF;
    case 3:
      return 1e-40f;
    default:
      return 3e38f;
  }
}

float value_of(test::Random& random, Numbers numbers) {
  if (numbers == Numbers::special && random.below(16) == 0) return special_value(random);
  return random.uniform() * (numbers == Numbers::large ? 1000.0f : 2.0f);
}

/// Any f16 bit pattern is a number; most of these are near 1.
std::uint16_t half_of(test::Random& random, Numbers numbers) {
  if (numbers != Numbers::usual && random.below(16) == 0) return static_cast<std::uint16_t>(random.next());
  const auto exponent = static_cast<std::uint64_t>(8 + random.below(9));
  return static_cast<std::uint16_t>((random.next() & 0x83ffu) | exponent << 10);
}

}  // namespace

std::uint8_t Choices::next() noexcept {
  if (bytes_.empty()) return 0;
  const std::uint8_t byte = bytes_.front();
  bytes_ = bytes_.subspan(1);
  return byte;
}

std::int64_t Choices::below(std::int64_t end) noexcept {
  std::int64_t n = next();
  if (end > 256) n = n << 8 | next();
  return n % end;
}

Numbers choose_numbers(Choices& choices) {
  return choices.one_of({Numbers::usual, Numbers::usual, Numbers::large, Numbers::special});
}

StorageType choose_storage(Choices& choices) {
  return choices.one_of({StorageType::f32, StorageType::f32, StorageType::f16, StorageType::bf16});
}

Memory random_memory(test::Random& random, std::int64_t elements, StorageType type, Numbers numbers) {
  const std::size_t size = size_of(type);
  Memory memory(static_cast<std::size_t>(elements) * size);
  for (std::size_t at = 0; at < memory.size(); at += size) {
    const float x = value_of(random, numbers);
    const auto bits = static_cast<std::uint16_t>(
        type == StorageType::f16 ? half_of(random, numbers) : std::bit_cast<std::uint32_t>(x) >> 16);
    if (type == StorageType::f32) {
      std::memcpy(memory.data() + at, &x, size);
    } else {
      std::memcpy(memory.data() + at, &bits, size);
    }
  }
  return memory;
}

Placement choose_placement(Choices& choices, const std::vector<std::int64_t>& offsets, std::int64_t heads,
                           std::int64_t dim, bool for_reading) {
  const std::int64_t tokens = offsets.back(), gap = choices.below(4);
  std::int64_t longest = 0;
  for (std::size_t s = 1; s < offsets.size(); ++s) longest = std::max(longest, offsets[s] - offsets[s - 1]);
  Placement p;
  switch (choices.below(for_reading ? 6 : 5)) {
    case 0:
      p = {heads * dim, dim, 0, 0};
      break;
    case 1:
      p = {dim, tokens * dim, 0, 0};
      break;
    case 2:
      p = {heads * (dim + gap) + gap, dim + gap, 0, 0};
      break;
    case 3:
      p = {heads * dim, dim, longest * heads * dim + gap, 0};
      break;
    case 4:
      p = {dim, longest * dim, heads * longest * dim + gap, 0};
      break;
    default:
      p = {dim + gap, 0, 0, 0};
  }
  const ConstHeadsView view = {nullptr, tokens, heads, dim, p.token_stride, p.head_stride, p.sequence_stride};
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
    const std::int64_t length = offsets[s + 1] - offsets[s];
    if (length == 0) continue;
    p.elements = std::max(p.elements, vector_begin(view, offsets, s, length - 1, heads - 1) + dim);
  }
  return p;
}

std::int64_t vector_begin(const ConstHeadsView& view, const std::vector<std::int64_t>& offsets, std::size_t s,
                          std::int64_t token, std::int64_t head) {
  const std::int64_t first = view.sequence_stride != 0 ? static_cast<std::int64_t>(s) * view.sequence_stride
                                                       : offsets[s] * view.token_stride;
  return first + token * view.token_stride + head * view.head_stride;
}

}  // namespace saccade::fuzz
