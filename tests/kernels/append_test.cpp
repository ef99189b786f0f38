// New tokens behind those of a cache's page.

#include <cstring>
#include <vector>

#include "kernels/each_table.hpp"
#include "reference/half.hpp"
#include "reference/random.hpp"

namespace saccade::test {
namespace {

using kernels::KernelTable;
using kernels::panel_width;

constexpr std::int64_t page_tokens = 48;
const StorageType types[] = {StorageType::f32, StorageType::f16, StorageType::bf16};

/// `values` as they are stored.
std::vector<std::uint8_t> bytes_of(const std::vector<float>& values, StorageType type) {
  const auto size = static_cast<std::size_t>(kernels::bytes_of(type));
  std::vector<std::uint8_t> bytes(values.size() * size);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t half = type == StorageType::f16 ? f16_of(values[i]) : bf16_of(values[i]);
    if (type == StorageType::f32) {
      std::memcpy(&bytes[i * size], &values[i], size);
    } else {
      std::memcpy(&bytes[i * size], &half, size);
    }
  }
  return bytes;
}

/// A page of 9s in which tokens `length` and further ones are those of the source.
std::vector<float> expected_page(const std::vector<float>& source, std::int64_t tokens, std::int64_t width,
                                 std::int64_t stride, std::int64_t length, bool panels) {
  std::vector<float> page(static_cast<std::size_t>(page_tokens * width), 9.0f);
  for (std::int64_t t = 0; t < tokens; ++t) {
    for (std::int64_t d = 0; d < width; ++d) {
      const std::int64_t token = length + t;
      const std::int64_t at =
          panels ? (token / panel_width * width + d) * panel_width + token % panel_width : token * width + d;
      page[static_cast<std::size_t>(at)] = source[static_cast<std::size_t>(t * stride + d)];
    }
  }
  return page;
}

KERNEL_TEST_CASE("append_tokens",
                 "same bits: appended tokens stand behind those of the page, as its type has them") {
  for (const std::int64_t width : {1, 15, 16, 17, 40}) {
    for (const auto& [length, tokens] : {std::pair{0, 1}, {0, 48}, {15, 3}, {16, 17}, {47, 1}, {5, 0}}) {
      const std::int64_t stride = width + 3;
      std::vector<float> values = Random(8).values(48 * stride);
      for (float& value : values) value = of_bf16(bf16_of(of_f16(f16_of(value))));  // exact in every type
      for (const StorageType from : types) {
        for (const StorageType to : types) {
          for (const bool panels : {false, true}) {
            CAPTURE(width);
            CAPTURE(length);
            CAPTURE(tokens);
            CAPTURE(panels);
            const std::vector<std::uint8_t> source = bytes_of(values, from);
            const auto expected = bytes_of(expected_page(values, tokens, width, stride, length, panels), to);
            for_each_table([&](const KernelTable& t) {
              auto page =
                  bytes_of(std::vector<float>(static_cast<std::size_t>(page_tokens * width), 9.0f), to);
              t.append_tokens({source.data(), from, stride, tokens, width, length, page.data(), to, panels});
              CHECK(page == expected);
            });
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace saccade::test
