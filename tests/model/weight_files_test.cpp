#include "model/files/weight_files.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "model/made_up_model.hpp"

namespace saccade {
namespace {

using model::WeightFiles;
using nlohmann::json;
using test::expect_error;
using test::MadeUpTensors;
using test::TemporaryFolder;

void expect_refused(const TemporaryFolder& folder, ErrorCode code, std::initializer_list<std::string> parts) {
  expect_error(code, parts, [&] { static_cast<void>(WeightFiles(folder.path())); });
}

const MadeUpTensors first = {{"a", {{2, 3}, 1}}, {"b", {{4}, 2}}};
const MadeUpTensors second = {{"c", {{5}, 3}}};

/// Two shards and the index of them.
void write_shards(const TemporaryFolder& folder) {
  folder.write("model-00001-of-00002.safetensors", test::safetensors_of(first));
  folder.write("model-00002-of-00002.safetensors", test::safetensors_of(second));
}

void write_index(const TemporaryFolder& folder, const json& weight_map) {
  folder.write("model.safetensors.index.json",
               json{{"metadata", {{"total_size", 60}}}, {"weight_map", weight_map}}.dump());
}

const json weight_map = {{"a", "model-00001-of-00002.safetensors"},
                         {"b", "model-00001-of-00002.safetensors"},
                         {"c", "model-00002-of-00002.safetensors"}};

TEST_CASE("one file") {
  const TemporaryFolder folder;
  folder.write("model.safetensors", test::safetensors_of(first));
  WeightFiles files(folder.path());
  CHECK(files.has("a"));
  CHECK_FALSE(files.has("c"));
  const ops::WeightView a = files.at("a", {2, 3});
  CHECK(a.rows == 2);
  CHECK(a.columns == 3);
  CHECK(a.type == StorageType::f32);
  CHECK(test::shows(a, first.at("a")));
  CHECK(files.at("b", {4}).rows == 1);
}

TEST_CASE("several files and their index") {
  const TemporaryFolder folder;
  write_shards(folder);
  write_index(folder, weight_map);
  WeightFiles files(folder.path());
  CHECK(test::shows(files.at("a", {2, 3}), first.at("a")));
  CHECK(test::shows(files.at("b", {4}), first.at("b")));
  CHECK(test::shows(files.at("c", {5}), second.at("c")));
  expect_error(ErrorCode::file_format, {"model-00002-of-00002.safetensors", "'c'", "[5]", "expected [6]"},
               [&] { static_cast<void>(files.at("c", {6})); });
  expect_error(ErrorCode::file_format, {"model.safetensors.index.json", "'d'", "is missing"},
               [&] { static_cast<void>(files.at("d", {6})); });
}

TEST_CASE("an index that does not fit its files") {
  const TemporaryFolder folder;
  write_shards(folder);
  json wrong = weight_map;
  wrong["c"] = "model-00001-of-00002.safetensors";
  write_index(folder, wrong);
  expect_refused(folder, ErrorCode::file_format,
                 {"model-00001-of-00002.safetensors", "'c'", "is missing", "index.json"});
  wrong["c"] = "model-00003-of-00002.safetensors";
  write_index(folder, wrong);
  expect_refused(folder, ErrorCode::file_not_usable, {"model-00003-of-00002.safetensors", "cannot open"});
  for (const char* name : {"../model.safetensors", "/etc/model.safetensors", ""}) {
    wrong["c"] = name;
    write_index(folder, wrong);
    expect_refused(folder, ErrorCode::file_format, {"'weight_map.c'", "in the same directory"});
  }
  wrong["c"] = 3;
  write_index(folder, wrong);
  expect_refused(folder, ErrorCode::file_format, {"'weight_map.c' is 3"});
  folder.write("model.safetensors.index.json", "{}");
  expect_refused(folder, ErrorCode::file_format, {"'weight_map' is missing"});
  folder.write("model.safetensors.index.json", "{\"weight_map\": [1]}");
  expect_refused(folder, ErrorCode::file_format, {"'weight_map' is [1]; expected an object"});
  folder.write("model.safetensors.index.json", "{\"weight_map\": {");
  expect_refused(folder, ErrorCode::file_format, {"index.json", "not valid JSON"});
}

TEST_CASE("a file cut anywhere is refused when it is opened") {
  const TemporaryFolder folder;
  const std::string bytes = test::safetensors_of(first);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    folder.write("model.safetensors", bytes.substr(0, size));
    CHECK_THROWS_AS(static_cast<void>(WeightFiles(folder.path())), Error);
  }
  folder.write("model.safetensors", bytes.substr(0, bytes.size() - 1));
  expect_refused(folder, ErrorCode::file_format, {"model.safetensors", "reach beyond"});
}

TEST_CASE("a pickle is refused with advice, and so is nothing") {
  for (const char* name : {"pytorch_model.bin", "model.pt", "last.ckpt", "model.pth"}) {
    const TemporaryFolder folder;
    folder.write(name, "PK");
    expect_refused(folder, ErrorCode::unsupported,
                   {folder.path().string(), "model.safetensors", name, "pickle", "save_pretrained"});
  }
  const TemporaryFolder folder;
  folder.write("training_args.bin", "PK");
  expect_refused(folder, ErrorCode::file_not_usable,
                 {folder.path().string(), "has neither model.safetensors nor model.safetensors.index.json"});
}

TEST_CASE("a pickle beside safetensors does not matter") {
  const TemporaryFolder folder;
  folder.write("pytorch_model.bin", "PK");
  folder.write("model.safetensors", test::safetensors_of(second));
  CHECK(WeightFiles(folder.path()).has("c"));
}

}  // namespace
}  // namespace saccade
