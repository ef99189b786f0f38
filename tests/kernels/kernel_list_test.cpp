// What the lists of kernels and ISAs promise.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "kernels/each_table.hpp"

namespace saccade::test {
namespace {

std::set<std::string> listed_kernels() {
  return {
#define SACCADE_KERNEL(operation, result, parameter, instance) #operation,
#define SACCADE_KERNEL_OF(accumulation, operation, instance) #operation "/" #accumulation,
#include "kernels/kernels.inc"
  };
}

TEST_CASE("each kernel of the lists has a test case, and each of these names a kernel") {
  const std::set<std::string> listed = listed_kernels(), &tested = tested_kernels();
  CHECK(listed.size() >= 16);
  for (const std::string& kernel : listed) {
    CAPTURE(kernel);
    CHECK(tested.contains(kernel));
  }
  for (const std::string& kernel : tested) {
    CAPTURE(kernel);
    CHECK(listed.contains(kernel));
  }
}

TEST_CASE("a table has every operation, and the kernel of its accumulation") {
  for (const kernels::IsaTable* table : kernels::compiled_tables()) {
    for (const Accumulation accumulation : {Accumulation::fp32, Accumulation::fp64}) {
      const kernels::KernelTable& t = table->with(accumulation);
      CHECK(t.isa == table->isa);
      CHECK((t.accumulation == accumulation));
      CHECK(t.tile_columns % kernels::panel_width == 0);
      CHECK(t.tile_columns <= kernels::widest_tile);
#define SACCADE_KERNEL(operation, result, parameter, instance) CHECK((t.operation != nullptr));
#include "kernels/kernels.inc"
    }
#define SACCADE_KERNEL_OF(accumulation, operation, instance) \
  CHECK((table->with(Accumulation::accumulation).operation != table->with(Accumulation::fp32).operation));
#include "kernels/kernels.inc"
  }
}

TEST_CASE("a build has the scalar table, and each table once, from slowest to fastest") {
  const auto tables = kernels::compiled_tables();
  REQUIRE(!tables.empty());
  CHECK(tables[0]->isa == Isa::scalar);
  const auto slower = [](const kernels::IsaTable* a, const kernels::IsaTable* b) { return a->isa < b->isa; };
  CHECK(std::is_sorted(tables.begin(), tables.end(), slower));
  CHECK(std::adjacent_find(tables.begin(), tables.end(),
                           [](const auto* a, const auto* b) { return a->isa == b->isa; }) == tables.end());
}

TEST_CASE("the features that compiled ISAs need are features that the build can detect") {
  for (const Isa isa : compiled_isas()) {
    for (const std::string_view needed : kernels::features_needed(isa)) {
      CAPTURE(needed);
      const auto& known = kernels::cpu_feature_list();
      CHECK(std::any_of(known.begin(), known.end(), [&](const auto& f) { return f.name == needed; }));
    }
  }
  CHECK(kernels::features_needed(Isa::scalar).empty());
  CHECK(kernels::features_needed(Isa::avx2) == std::vector<std::string_view>{"avx2", "fma", "f16c"});
  CHECK(kernels::cpu_supports(Isa::scalar));
}

}  // namespace
}  // namespace saccade::test
