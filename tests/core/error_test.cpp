#include "saccade/error.hpp"

#include <doctest/doctest.h>

#include <string>

namespace saccade {
namespace {

TEST_CASE("messages have an end") {
  const Error whole(ErrorCode::file_format, std::string(4000, 'x'));
  CHECK(std::string(whole.what()) == std::string(4000, 'x'));
  const Error cut(ErrorCode::file_format, std::string(5000, 'x'));
  CHECK(std::string(cut.what()) == std::string(4000, 'x') + "... (1000 bytes more)");
  // A character of several bytes is not cut.
  std::string text = "x";
  while (text.size() < 6000) text += "\xe2\x82\xac";
  const std::string what = Error(ErrorCode::file_format, text).what();
  CHECK(what == text.substr(0, 4000) + "... (" + std::to_string(text.size() - 4000) + " bytes more)");
  const std::string other = Error(ErrorCode::file_format, "xx" + text).what();
  CHECK(other.substr(0, 3999) == ("xx" + text).substr(0, 3999));
  CHECK(other.substr(3999, 4) == "... ");
}

}  // namespace
}  // namespace saccade
