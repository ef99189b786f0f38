#include <limits>

#include "kernels/each_table.hpp"
#include "reference/compare.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/random.hpp"

namespace saccade::test {
namespace {

using kernels::KernelTable;
using kernels::panel_width;

constexpr std::int64_t around_sixteen[] = {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 65};

/// element (column, k) of the source, in panels.
std::vector<float> packed(const std::vector<float>& source, bool transposed, std::int64_t columns,
                          std::int64_t depth) {
  std::vector<float> panels;
  for (std::int64_t p = 0; p < kernels::blocks_of(columns, panel_width); ++p) {
    for (std::int64_t k = 0; k < depth; ++k) {
      for (std::int64_t c = p * panel_width; c < (p + 1) * panel_width; ++c) {
        const std::int64_t at = transposed ? k * columns + c : c * depth + k;
        panels.push_back(c < columns ? source[static_cast<std::size_t>(at)] : 0.0f);
      }
    }
  }
  return panels;
}

void check_pack(const KernelTable& t, bool transposed, std::int64_t columns, std::int64_t depth,
                std::int64_t gap, std::int64_t offset) {
  CAPTURE(transposed);
  CAPTURE(columns);
  CAPTURE(depth);
  CAPTURE(gap);
  const std::int64_t rows = transposed ? depth : columns, width = transposed ? columns : depth;
  const std::vector<float> values = Random(7).values(columns * depth);
  GuardedMatrix source(rows, width, width + gap, offset);
  source.assign(values);
  GuardedMatrix panels(kernels::blocks_of(columns, panel_width) * depth, panel_width, panel_width, offset);
  t.pack_panels({source.data(), transposed, source.stride(), columns, depth, panels.data()});
  CHECK(difference(panels.values(), packed(values, transposed, columns, depth)) == "");
  CHECK(panels.guards_hold());
}

KERNEL_TEST_CASE("pack_panels", "pack_panels puts every element in its panel and fills up with +0") {
  for_each_table([](const KernelTable& t) {
    for (const bool transposed : {false, true}) {
      for (const std::int64_t columns : around_sixteen) {
        for (const std::int64_t depth : around_sixteen)
          check_pack(t, transposed, columns, depth, columns % 3, depth % 2);
      }
      check_pack(t, transposed, 33, 300, 5, 3);
      check_pack(t, transposed, 512, 64, 0, 0);
    }
  });
}

struct Values {
  std::int64_t rows, width, stride;
  std::vector<float> all;

  Values(std::int64_t r, std::int64_t w, std::int64_t s)
      : rows(r), width(w), stride(s), all(static_cast<std::size_t>(r * s), 1.0f) {}
  float& at(std::int64_t row, std::int64_t column) {
    return all[static_cast<std::size_t>(row * stride + column)];
  }
  std::vector<int> finite_blocks(const KernelTable& t) const {
    std::vector<std::uint8_t> finite(static_cast<std::size_t>(kernels::blocks_of(rows, 512)) + 1, 77);
    t.pack_values({all.data(), stride, rows, width, finite.data()});
    CHECK(finite.back() == 77);
    return {finite.begin(), finite.end() - 1};
  }
};

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

KERNEL_TEST_CASE("pack_values", "pack_values finds one NaN or infinity wherever it is") {
  for_each_table([](const KernelTable& t) {
    for (const std::int64_t width : around_sixteen) {
      CAPTURE(width);
      for (std::int64_t column = 0; column < width; ++column) {
        for (const float bad : {nan, infinity, -infinity}) {
          Values values(5, width, width + 3);
          values.at(column % 5, column) = bad;
          CHECK(values.finite_blocks(t) == std::vector<int>{0});
        }
      }
    }
  });
}

TEST_CASE("pack_values tells blocks of 512 rows apart and takes large numbers for finite") {
  for_each_table([](const KernelTable& t) {
    Values values(1100, 3, 4);
    CHECK(values.finite_blocks(t) == std::vector<int>{1, 1, 1});
    values.at(100, 0) = std::numeric_limits<float>::max();
    values.at(101, 0) = std::numeric_limits<float>::lowest();
    values.at(102, 0) = std::numeric_limits<float>::denorm_min();
    values.at(103, 3) = nan;  // between the rows
    CHECK(values.finite_blocks(t) == std::vector<int>{1, 1, 1});
    values.at(511, 2) = nan;
    CHECK(values.finite_blocks(t) == std::vector<int>{0, 1, 1});
    values.at(1024, 1) = -infinity;
    CHECK(values.finite_blocks(t) == std::vector<int>{0, 1, 0});
    values.at(512, 0) = infinity;
    CHECK(values.finite_blocks(t) == std::vector<int>{0, 0, 0});
  });
}

}  // namespace
}  // namespace saccade::test
