#include "pipeline/embed/embedding_layout.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "fixtures/expect_error.hpp"
#include "fixtures/tensors.hpp"

namespace {

using namespace saccade;
using namespace saccade::pipeline;

const std::vector<EmbeddingLayout> layouts = {{EmbeddingFormat::npy, StorageType::f32, 384},
                                              {EmbeddingFormat::npy, StorageType::f16, 384},
                                              {EmbeddingFormat::safetensors, StorageType::f16, 384},
                                              {EmbeddingFormat::safetensors, StorageType::f32, 6144, true},
                                              {EmbeddingFormat::json_lines, StorageType::f32, 384}};

}  // namespace

TEST_CASE("a header has one size, whatever it counts, and the vectors begin at a multiple of 8") {
  for (const EmbeddingLayout& layout : layouts) {
    CHECK(layout.header_size() % 8 == 0);
    for (const std::int64_t count : {0LL, 1LL, 1'000'000LL, 100'000'000'000'000LL}) {
      CHECK(layout.header("out", count / 10, count).size() == layout.header_size());
    }
  }
  CHECK(layouts[0].header_size() == 128);  // numpy's
}

TEST_CASE("numbers in JSON read back as they were") {
  test::Floats values = test::random_floats(1000, 3);
  values.insert(values.end(), {0.0f, -0.0f, 1e-45f, 3.4028235e38f, 1.0f / 3, 1e-5f, 16777216.0f});
  std::string line;
  append_vector(layouts.back(), values, "\"a\"", true, line);
  const std::string before = "{\"id\": \"a\", \"embedding\": [";
  REQUIRE(line.starts_with(before));
  REQUIRE(line.ends_with("]}\n"));
  const char* at = line.c_str() + before.size();
  for (const float value : values) {
    char* end = nullptr;
    CHECK(std::strtof(at, &end) == value);
    CHECK(end - at <= 15);
    at = end + 2;
  }
  line.clear();
  append_vector(layouts.back(), std::vector{0.1f, NAN, INFINITY}, "0", false, line);
  CHECK(line == "{\"id\": 0, \"embedding\": [0.1, null, null]}\n");
}

TEST_CASE("a part says its job within the header of any other file, whatever its size") {
  for (EmbeddingLayout layout : layouts) {
    const std::string plain = layout.header("x", 9'000'000'000'000, 9'000'000'000'000);
    layout.job = "0123abcd";
    CHECK(layout.header_size() == plain.size());
    const std::string header = layout.header("x", 9'000'000'000'000, 9'000'000'000'000);
    CHECK(header.size() == plain.size());
    if (layout.format == EmbeddingFormat::npy) {
      CHECK(header.ends_with('\n'));
      CHECK(header.find("), }  # saccade job 0123abcd") != std::string::npos);
    } else if (layout.format == EmbeddingFormat::safetensors) {
      CHECK(header.substr(8).starts_with(R"({"__metadata__":{"saccade_job":"0123abcd"},")"));
    }
  }
  std::string line;
  EmbeddingLayout layout = layouts.back();
  layout.job = "0123abcd";
  append_vector(layout, std::vector{1.0f}, "0", true, line);
  append_vector(layout, std::vector{1.0f}, "1", false, line);
  CHECK(line == "{\"id\": 0, \"embedding\": [1], \"job\": \"0123abcd\"}\n{\"id\": 1, \"embedding\": [1]}\n");
}

TEST_CASE("formats by name, and what they cannot hold") {
  CHECK(embedding_format_of("a/b.npy") == EmbeddingFormat::npy);
  CHECK(embedding_format_of("b.safetensors") == EmbeddingFormat::safetensors);
  CHECK(embedding_format_of("b.jsonl") == EmbeddingFormat::json_lines);
  CHECK(embedding_format_of("-") == EmbeddingFormat::json_lines);
  CHECK(embedding_format_of("/dev/null") == EmbeddingFormat::json_lines);
  test::expect_error(ErrorCode::invalid_argument, {"b.txt", "'.txt'", "expected .npy"},
                     [] { static_cast<void>(embedding_format_of("b.txt")); });
  test::expect_error(ErrorCode::invalid_argument, {"out", "bf16", "expected f32 or f16"}, [] {
    validate({EmbeddingFormat::npy, StorageType::bf16, 8}, "out");
  });
  test::expect_error(ErrorCode::invalid_argument, {"out", "expected .safetensors"}, [] {
    validate({EmbeddingFormat::npy, StorageType::f32, 8, true}, "out");
  });
}
