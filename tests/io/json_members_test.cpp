#include "io/json/json_members.hpp"

#include <doctest/doctest.h>

#include <array>

#include "fixtures/expect_error.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;

std::string value_of(const std::string& text, std::string_view key = "a") {
  const std::array<std::string_view, 1> keys = {key};
  const auto value = io::find_json_members({"f"}, text, "it", keys).front();
  return value ? std::string(*value) : "(missing)";
}

}  // namespace

TEST_CASE("values are the bytes that the text has") {
  CHECK(value_of(R"( { "b" : 1 , "a" : [ 1 , {"a": "]}" } ] , "c" : {} } )") == R"([ 1 , {"a": "]}" } ])");
  CHECK(value_of(R"({"a":-0.5E+10})") == "-0.5E+10");
  CHECK(value_of(R"({"a":"\"\\"})") == R"("\"\\")");
  CHECK(value_of(R"({"\u0061":null,"b":{"a":1}})") == "null");
  CHECK(value_of(R"({"\ud83d":1})") == "(missing)");  // half a surrogate
  CHECK(value_of("{}") == "(missing)");
  CHECK(value_of(R"({"":true})", "") == "true");
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  CHECK(value_of("{\"a\":" + deep + "}") == deep);
}

TEST_CASE("syntax that is wrong is named with its place") {
  const auto expect = [](const std::string& text, const std::string& what) {
    expect_error(ErrorCode::file_format, {"f: it " + what}, [&] { (void)value_of(text); });
  };
  for (const std::string text : {"", " ", "[1]", "3", "x"}) expect(text, "is not a JSON object");
  expect("{", "is not valid JSON: expected a key in quotes at byte 2");
  expect(R"({"a")", "is not valid JSON: expected ':' at byte 5");
  expect(R"({"a":)", "is not valid JSON: expected a value at byte 6");
  expect(R"({"a":1,})", "is not valid JSON: expected a key in quotes at byte 8");
  expect(R"({"a":[1,]})", "is not valid JSON: expected a value at byte 9");
  expect(R"({"a":[1})", "is not valid JSON: expected ',' or ']' at byte 8");
  expect(R"({"a":"x)", "is not valid JSON: expected the end of a string at byte 8");
  expect("{\"a\":\"\n\"}", "is not valid JSON: expected the end of a string at byte 7");
  expect(R"({"a":"\x"})", "is not valid JSON: expected an escape of JSON at byte 8");
  expect(R"({"a":"\u12g4"})", "is not valid JSON: expected four hexadecimal digits at byte 11");
  for (const std::string number : {"-", "1.", "1e", ".5", "+1", "-x"})
    expect("{\"a\":" + number + "}", "is not valid JSON: expected a");
  expect(std::string("{\"a\":1\0}", 8), "is not valid JSON: expected ',' or '}' at byte 7");
  expect(R"({"a":1}{})", "is not valid JSON: expected the end at byte 8");
  expect(R"({"a":1,"a":1})", "has two keys 'a' in one object");
}

TEST_CASE("standard JSON, of any size") {
  for (const std::string value : {"1e999", "[{}]", R"({"a":1,"a":2})", "\"\xc3\xa9\"", R"("\ud83d")", "null"})
    CHECK(io::is_standard_json(value));
  for (const std::string value : {"NaN", "[1,-Infinity]", "\"\xff\"", "", "1 2", "tru"})
    CHECK(!io::is_standard_json(value));
}
