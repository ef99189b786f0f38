#include <set>
#include <vector>

#include "kernels/each_table.hpp"

namespace saccade::test {
namespace {

using kernels::KernelTable;

TEST_CASE("a build has the scalar table, and each table once, from slowest to fastest") {
  const auto tables = kernels::compiled_tables();
  REQUIRE(!tables.empty());
  CHECK(tables[0]->isa == Isa::scalar);
  std::set<Isa> isas;
  for (const KernelTable* table : tables) isas.insert(table->isa);
  CHECK(isas.size() == tables.size());
}

TEST_CASE("a table is complete and its tile fits the packing") {
  for_each_table([](const KernelTable& t) {
    CHECK((t.pack_panels != nullptr));
    CHECK((t.pack_values != nullptr));
    CHECK((t.matmul_block != nullptr));
    CHECK((t.attention_block != nullptr));
    CHECK((t.row_softmax != nullptr));
    CHECK((t.layer_norm != nullptr));
    CHECK((t.normalize != nullptr));
    CHECK((t.rotate != nullptr));
    CHECK((t.embedding_lookup != nullptr));
    CHECK((t.pool != nullptr));
    CHECK(t.lanes >= 1);
    CHECK(kernels::panel_width % t.lanes == 0);
    CHECK(t.tile_rows >= 1);
    CHECK(t.tile_columns % t.lanes == 0);
    CHECK(t.tile_columns <= 4 * kernels::panel_width);
    REQUIRE((t.fp64_sums != nullptr));
    CHECK((t.accumulation == Accumulation::fp32));
    CHECK((t.fp64_sums->accumulation == Accumulation::fp64));
    CHECK(t.fp64_sums->isa == t.isa);
    CHECK(t.fp64_sums->tile_columns % kernels::panel_width == 0);
  });
}

TEST_CASE("fma_peak counts what it does") {
  for_each_table([](const KernelTable& t) {
    CHECK(t.fma_peak(1) > 0);
    CHECK(t.fma_peak(20) == 2 * t.fma_peak(10));
  });
}

TEST_CASE("read_all reads every value") {
  for_each_table([](const KernelTable& t) {
    for (const std::ptrdiff_t n : {1, 15, 16, 127, 128, 129, 300}) {
      std::vector<float> values(static_cast<std::size_t>(n), 0.0f);
      const float nothing = t.read_all(values.data(), n);
      CHECK(nothing == 0.0f);
      values.back() = 1.0f;
      CHECK_NOTHROW(t.read_all(values.data(), n));
    }
  });
}

}  // namespace
}  // namespace saccade::test
