#include "core/printable.hpp"

#include <doctest/doctest.h>

namespace saccade::core {
namespace {

TEST_CASE("control characters, those of two bytes too, do not reach a terminal") {
  CHECK(printable("a\x1b[31mb\x07\n\x7f") == "a?[31mb???");
  CHECK(printable("a\xc2\x9b[31m") == "a?[31m");
  CHECK(printable("\xc2\x80\xc2\x9f\xc2\xa0") == "??\xc2\xa0");  // U+00A0 is a space, no control
  CHECK(printable("caf\xc3\xa9 \xe6\xb0\xb4") == "caf\xc3\xa9 \xe6\xb0\xb4");
  CHECK(printable("\xc2") == "\xc2");
  CHECK(printable("") == "");
}

TEST_CASE("long text is cut between characters") {
  CHECK(printable(std::string(300, 'x')) == std::string(300, 'x'));
  CHECK(printable(std::string(301, 'x')) == std::string(300, 'x') + "...");
  CHECK(printable(std::string(299, 'x') + "\xc3\xa9y") == std::string(299, 'x') + "...");
  CHECK(printable(std::string(298, 'x') + "\xe6\xb0\xb4y") == std::string(298, 'x') + "...");
  CHECK(printable(std::string(298, 'x') + "\xc3\xa9y") == std::string(298, 'x') + "\xc3\xa9...");
}

}  // namespace
}  // namespace saccade::core
