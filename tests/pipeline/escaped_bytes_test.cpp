#include "pipeline/embed/escaped_bytes.hpp"

#include <doctest/doctest.h>

#include <string>

namespace saccade {
namespace {

using pipeline::escaped_bytes;

TEST_CASE("valid UTF-8 stays, a backslash is doubled, other bytes are written as hexadecimal digits") {
  CHECK(escaped_bytes("").empty());
  CHECK(escaped_bytes("caf\xc3\xa9 \xf0\x9f\x99\x82") == "caf\xc3\xa9 \xf0\x9f\x99\x82");
  CHECK(escaped_bytes("caf\xe9.txt") == "caf\\xe9.txt");
  CHECK(escaped_bytes("\\xe9") == "\\\\xe9");
  CHECK(escaped_bytes("\xff\xc3\xa9\xc3") == "\\xff\xc3\xa9\\xc3");
  CHECK(escaped_bytes("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(escaped_bytes(std::string("a\0b", 3)) == std::string("a\0b", 3));
}

}  // namespace
}  // namespace saccade
