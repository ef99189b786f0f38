#pragma once

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "kernels/table/cpu_features.hpp"
#include "kernels/table/select.hpp"
#include "saccade/engine.hpp"

namespace saccade::test {

/// Calls test(table) for every kernel table that this CPU can run.
template <class Test>
void for_each_table(const Test& test, Accumulation accumulation = Accumulation::fp32) {
  for (const kernels::IsaTable* table : kernels::compiled_tables()) {
    if (!kernels::cpu_supports(table->isa)) continue;
    const std::string isa(to_string(table->isa));
    CAPTURE(isa);
    test(table->with(accumulation));
  }
}

/// The kernels that some test case says it tests; kernel_list_test.cpp compares them with the lists.
inline std::set<std::string>& tested_kernels() {
  static std::set<std::string> names;
  return names;
}

}  // namespace saccade::test

/// A test case of a kernel of kernels.inc: "operation", or "operation/accumulation" for a SACCADE_KERNEL_OF.
#define KERNEL_TEST_CASE(kernel, name)                                   \
  [[maybe_unused]] static const bool DOCTEST_ANONYMOUS(kernel_tested_) = \
      saccade::test::tested_kernels().insert(kernel).second;             \
  TEST_CASE(name)
