#include "io/json/json_value.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"

namespace saccade {
namespace {

using io::JsonValue;
using test::expect_error;

JsonValue value_of(const char* text) {
  return {{"a/config.json"}, nlohmann::json::parse(text), "the file"};
}

template <typename Read>
void expect_wrong(std::initializer_list<std::string> parts, Read read) {
  expect_error(ErrorCode::file_format, parts, [&] { static_cast<void>(read()); });
}

TEST_CASE("members of an object, and what holds where they are missing or null") {
  const JsonValue object = value_of(
      R"({"text": "t", "flag": true, "whole": 3, "number": 0.5, "texts": ["a", "b"], "null": null})");
  CHECK(object.at("text").text() == "t");
  CHECK(object.at("flag").flag());
  CHECK(object.at("whole").whole() == 3);
  CHECK(object.at("number").number() == 0.5);
  CHECK(object.at("texts").texts() == std::vector<std::string>{"a", "b"});
  CHECK(object.at("text").texts() == std::vector<std::string>{"t"});
  for (const char* absent : {"null", "missing"}) {
    CHECK_FALSE(object.has(absent));
    CHECK_FALSE(object.find(absent));
    CHECK(object.text(absent, "other") == "other");
    CHECK(object.flag(absent, true));
    CHECK(object.whole(absent, -7) == -7);
    CHECK(object.number(absent, 1.5) == 1.5);
  }
  CHECK(object.has("flag"));
  CHECK(object.is_null("null"));
  CHECK_FALSE(object.is_null("missing"));
  CHECK(object.size() == 6);
}

TEST_CASE("members that nothing has read are listed, null ones apart") {
  const JsonValue root = value_of(
      R"({"a": 1, "asked": {}, "found": "f", "in": {"read": 1, "unread": {"deep": 1}}, "null": null, "z": 1})");
  using Keys = std::vector<std::string>;
  CHECK(root.unread_members() == Keys{"a", "asked", "found", "in", "z"});
  CHECK(root.at("a").whole() == 1);
  CHECK(root.has("asked"));
  CHECK(root.text("found", "") == "f");
  CHECK(root.unread_members() == Keys{"in", "z"});
  const JsonValue inner = root.at("in");
  CHECK(inner.find("read"));
  CHECK(inner.unread_members() == Keys{"unread"});
  const JsonValue copy = inner;
  copy.each_member([](const std::string&, const JsonValue&) {});
  CHECK(inner.unread_members().empty());
  CHECK(copy.at("unread").unread_members() == Keys{"deep"});
  CHECK(root.unread_members() == Keys{"z"});
  expect_wrong({"'a' is 1; expected an object"}, [&] { return root.at("a").unread_members(); });
}

TEST_CASE("errors name the file, the value's way there and what was expected") {
  const JsonValue root = value_of(R"({"list": [{"size": -1}, 2], "x": 1.5, "big": 18446744073709551615})");
  std::vector<JsonValue> items;
  root.at("list").each([&](const JsonValue& item) { items.push_back(item); });
  expect_wrong({"a/config.json: 'list[0].size' is -1; expected a whole number from 0 to 2147483647"},
               [&] { return items[0].at("size").whole(); });
  expect_wrong({"'list[1]' is 2; expected an object"}, [&] { return items[1].has("x"); });
  expect_wrong({"'list[0].none' is missing"}, [&] { return items[0].at("none"); });
  expect_wrong({"'x' is 1.5; expected a text"}, [&] { return root.at("x").text(); });
  expect_wrong({"'x' is 1.5; expected true or false"}, [&] { return root.flag("x", false); });
  expect_wrong({"'x' is 1.5; expected a whole number from 1 to 9"},
               [&] { return root.whole("x", 1, {.least = 1, .most = 9}); });
  expect_wrong({"'big' is 18446744073709551615"}, [&] { return root.at("big").whole({.most = INT64_MAX}); });
  expect_wrong({"a text or a list of texts"}, [&] { return root.at("list").texts(); });
  expect_wrong({"'x' is 1.5; expected a list"}, [&] {
    root.at("x").each([](const JsonValue&) {});
    return 0;
  });
  expect_wrong({"the file is 3; expected an object"}, [&] { return value_of("3").find("x"); });
  CHECK(std::string(root.wrong("none", "a text").what()) ==
        "a/config.json: 'none' is missing; expected a text");
  CHECK(std::string(root.unsupported("x", "2").what()) ==
        "a/config.json: 'x' is 1.5, which is not supported; supported: 2");
  CHECK(root.unsupported("x", "2").code() == ErrorCode::unsupported);
}

TEST_CASE("a value outlives the root that it came from") {
  const JsonValue inner = value_of(R"({"a": {"b": ["c"]}})").at("a").at("b");
  CHECK(inner.texts() == std::vector<std::string>{"c"});
}

TEST_CASE("a number below 0") {
  expect_wrong({"'x' is -1; expected a number, 0 or more"},
               [] { return value_of(R"({"x": -1})").number("x", 0); });
}

TEST_CASE("files that cannot be read or are no JSON") {
  const test::TemporaryFolder folder;
  expect_error(ErrorCode::file_not_usable, {"none.json"},
               [&] { static_cast<void>(io::read_json(folder / "none.json")); });
  expect_error(ErrorCode::file_not_usable, {folder.path().string()},
               [&] { static_cast<void>(io::read_json(folder.path())); });
  expect_wrong({"bad.json: the file is not valid JSON"},
               [&] { return io::read_json(folder.write("bad.json", "{")); });
  CHECK(io::read_json(folder.write("good.json", "[1, 2]")).size() == 2);
}

}  // namespace
}  // namespace saccade
