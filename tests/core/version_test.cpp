#include <doctest/doctest.h>

#include <algorithm>

#include "saccade/isa.hpp"
#include "saccade/version.hpp"

namespace saccade {
namespace {

TEST_CASE("versions are numbers and points") {
  for (const std::string& text : {std::string(version()), tbb_version()}) {
    CAPTURE(text);
    CHECK(text.find('.') != std::string::npos);
    CHECK(text.find_first_not_of("0123456789.") == std::string::npos);
  }
  CHECK(std::count(version().begin(), version().end(), '.') == 2);
}

TEST_CASE("every ISA has a name that parses back") {
  for (const Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon})
    CHECK(parse_isa(to_string(isa)) == isa);
  for (const char* none : {"", "AVX2", "avx", "avx2 ", "unknown", "sse"}) CHECK_FALSE(parse_isa(none));
}

TEST_CASE("what is supported is compiled, and scalar always is") {
  const std::vector<Isa> compiled = compiled_isas(), supported = supported_isas();
  REQUIRE(!supported.empty());
  CHECK(supported.front() == Isa::scalar);
  for (const Isa isa : supported) CHECK(std::count(compiled.begin(), compiled.end(), isa) == 1);
  CHECK(std::is_sorted(supported.begin(), supported.end()));
}

TEST_CASE("cpu_features names what a faster ISA needs") {
  const std::string features = " " + cpu_features() + " ";
  const std::vector<Isa> supported = supported_isas();
  const auto has = [&](Isa isa) { return std::count(supported.begin(), supported.end(), isa) != 0; };
  if (has(Isa::avx2)) CHECK(features.find(" avx2 ") != std::string::npos);
  if (has(Isa::avx512)) CHECK(features.find(" avx512vl ") != std::string::npos);
  if (has(Isa::neon)) CHECK(features.find(" asimd ") != std::string::npos);
}

}  // namespace
}  // namespace saccade
