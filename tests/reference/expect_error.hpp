#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "saccade/error.hpp"

namespace saccade::test {

/// The message of the Error with this code that `action` must throw; "" where it does not.
template <class Action>
std::string error_of(ErrorCode code, const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK((error.code() == code));
    return error.what();
  }
  FAIL_CHECK("no Error was thrown");
  return "";
}

/// `action` must throw an Error with this code whose message has all of `parts`.
template <class Action>
void expect_error_with(ErrorCode code, std::initializer_list<std::string> parts, const Action& action) {
  const std::string message = error_of(code, action);
  CAPTURE(message);
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(message.find(part) != std::string::npos);
  }
}

}  // namespace saccade::test
