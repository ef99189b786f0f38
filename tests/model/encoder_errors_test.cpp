#include <doctest/doctest.h>

#include <algorithm>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/test_data.hpp"
#include "saccade/encoder.hpp"

namespace saccade::test {
namespace {

struct Call {
  std::vector<std::int32_t> ids = {3, 4, 5, 6, 7};
  std::vector<std::int32_t> types = {};
  std::vector<std::int64_t> offsets = {0, 2, 5};
  std::int64_t rows = 5, columns = 96;
  std::size_t layers = 0;
};

TEST_CASE("an encoder refuses what it cannot take before it writes anything") {
  const std::filesystem::path folder = data_path("hf-encoders/roberta");
  if (lacks(folder)) return;
  Engine engine({.threads = 2, .isa = {}});
  const Encoder encoder = Encoder::load(engine, folder);
  const auto expect = [&](ErrorCode code, std::initializer_list<std::string> parts, auto change) {
    Call call;
    change(call);
    std::vector<float> hidden(static_cast<std::size_t>(call.rows * call.columns), -7.0f);
    const std::vector<std::span<const ProbabilitiesRequest>> layers(call.layers);
    expect_error(code, parts, [&] {
      encoder.encode(engine, {call.ids, call.types, call.offsets},
                     {hidden.data(), call.rows, call.columns, call.columns}, {.probabilities = layers});
    });
    CHECK(std::all_of(hidden.begin(), hidden.end(), [](float x) { return x == -7.0f; }));
  };
  const auto invalid = ErrorCode::invalid_argument;
  expect(invalid, {"token 1 of sequence 1", "id 512", "0 to 511"}, [](Call& c) { c.ids[3] = 512; });
  expect(invalid, {"type 1"}, [](Call& c) { c.types = {0, 0, 1, 0, 0}; });
  expect(invalid, {"offsets end at 5", "4"}, [](Call& c) { c.ids.pop_back(); });
  expect(invalid, {"hidden.rows is 4"}, [](Call& c) { c.rows = 4; });
  expect(invalid, {"hidden.columns is 95", "96"}, [](Call& c) { c.columns = 95; });
  expect(invalid, {"probabilities' size is 2", "expected 3"}, [](Call& c) { c.layers = 2; });
  expect(invalid, {"sequence 0 has 161 tokens", "160"}, [](Call& c) {
    c.ids.assign(161, 3);
    c.offsets = {0, 161};
    c.rows = 161;
  });
}

TEST_CASE("a batch of nothing is a batch") {
  const std::filesystem::path folder = data_path("hf-encoders/albert");
  if (lacks(folder)) return;
  Engine engine;
  const Encoder encoder = Encoder::load(engine, folder);
  const std::vector<std::int64_t> none = {0}, empty = {0, 0, 0};
  encoder.encode(engine, {{}, {}, none}, {nullptr, 0, encoder.width(), encoder.width()});
  encoder.encode(engine, {{}, {}, empty}, {nullptr, 0, encoder.width(), encoder.width()});
}

}  // namespace
}  // namespace saccade::test
