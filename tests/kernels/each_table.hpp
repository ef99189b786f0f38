#pragma once

#include <doctest/doctest.h>

#include <string>

#include "kernels/table/cpu_features.hpp"
#include "kernels/table/select.hpp"
#include "saccade/engine.hpp"

namespace saccade::test {

/// Calls test(table) for every kernel table that this CPU can run.
template <class Test>
void for_each_table(const Test& test, Accumulation accumulation = Accumulation::fp32) {
  for (const kernels::KernelTable* table : kernels::compiled_tables()) {
    if (!kernels::cpu_supports(table->isa)) continue;
    const std::string isa(to_string(table->isa));
    CAPTURE(isa);
    test(accumulation == Accumulation::fp64 ? *table->fp64_sums : *table);
  }
}

}  // namespace saccade::test
