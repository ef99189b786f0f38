#pragma once

#include <doctest/doctest.h>

#include <string>

#include "ops/all_threads.hpp"
#include "saccade/engine.hpp"

namespace saccade::test {

/// Calls test(engine) for engines of every ISA that runs here and of 1, 2, 3 and 8 threads.
template <class Test>
void for_each_engine(const Test& test) {
  for (const Isa isa : supported_isas()) {
    const std::string name(to_string(isa));
    CAPTURE(name);
    for (const int threads : {1, 2, 3, 8}) {
      CAPTURE(threads);
      Engine engine = engine_of_all_threads({.threads = threads, .isa = isa});
      test(engine);
    }
  }
}

}  // namespace saccade::test
