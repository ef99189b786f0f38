// main() of every doctest executable.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <vector>

#include "fixtures/paths.hpp"
#include "saccade/isa.hpp"

namespace {

// ctest counts a test that ends with this code as skipped, not as passed.
constexpr int skipped = 77;

// $SACCADE_ISA names an instruction set that this build or this CPU lacks. A name that does not exist is no
// reason to skip.
bool isa_not_supported() {
  const char* name = std::getenv("SACCADE_ISA");
  if (name == nullptr) return false;
  const std::optional<saccade::Isa> isa = saccade::parse_isa(name);
  const std::vector<saccade::Isa> supported = saccade::supported_isas();
  return isa.has_value() && std::find(supported.begin(), supported.end(), *isa) == supported.end();
}

}  // namespace

int main(int argc, char** argv) {
  if (isa_not_supported()) {
    std::cout << "skipped: this CPU does not support $SACCADE_ISA\n";
    return skipped;
  }
  const int result = doctest::Context(argc, argv).run();
  return result == 0 && saccade::test::something_was_lacking() ? skipped : result;
}
