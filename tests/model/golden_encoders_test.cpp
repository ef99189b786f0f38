#include <doctest/doctest.h>

#include <algorithm>
#include <cfenv>
#include <cmath>

#include "fixtures/paths.hpp"
#include "fixtures/read_tensor.hpp"
#include "fixtures/test_data.hpp"
#include "reference/compare.hpp"
#include "saccade/encoder.hpp"

namespace saccade::test {
namespace {

// The outputs are of order 1. A probability's error is that of its score, and scores reach 150 in some of
// these encoders: what fp32 chains of 100 fused multiply-adds round there is some 1e-5, as with any fp32
// product; chains in fp64 leave 2.6e-6.
constexpr double hidden_tolerance = 2e-5;

double probability_tolerance(Accumulation accumulation) {
  return accumulation == Accumulation::fp64 ? 4e-6 : 1e-5;
}

std::vector<std::int32_t> narrow(const std::vector<std::int64_t>& values) {
  return {values.begin(), values.end()};
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return largest;
}

/// Ids and what another implementation made of them in float64.
struct GoldenBatch {
  explicit GoldenBatch(const std::filesystem::path& golden)
      : file(TensorFile::open(golden)),
        ids(narrow(file.read_integers("ids"))),
        types(file.find("types") == nullptr ? std::vector<std::int32_t>(ids.size())
                                            : narrow(file.read_integers("types"))),
        offsets(file.read_integers("offsets")) {}
  [[nodiscard]] TokenIds tokens() const { return {ids, types, offsets}; }

  TensorFile file;
  std::vector<std::int32_t> ids, types;
  std::vector<std::int64_t> offsets;
};

/// Requests for the probabilities that a golden file has, and room for them.
struct GoldenProbabilities {
  GoldenProbabilities(const Encoder& encoder, const GoldenBatch& batch) {
    for (std::int64_t layer = 0; layer < encoder.layers(); ++layer) {
      requests.emplace_back();
      for (std::size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
        const std::string name = "layer" + std::to_string(layer) + "_attention_" + std::to_string(s);
        if (batch.file.find(name) == nullptr) continue;
        names.push_back(name);
        maps.emplace_back(static_cast<std::size_t>(batch.file.at(name).elements()));
        requests.back().push_back(
            {.sequence = static_cast<std::int64_t>(s), .heads = {}, .out = maps.back()});
      }
    }
    views.assign(requests.begin(), requests.end());
  }

  std::vector<std::string> names;
  std::vector<std::vector<float>> maps;
  std::vector<std::vector<ProbabilitiesRequest>> requests;
  std::vector<std::span<const ProbabilitiesRequest>> views;
};

std::vector<float> encode(Engine& engine, const Encoder& encoder, const TokenIds& tokens,
                          const EncodeOptions& options = {}) {
  const auto rows = static_cast<std::int64_t>(tokens.ids.size());
  std::vector<float> hidden(tokens.ids.size() * static_cast<std::size_t>(encoder.width()));
  encoder.encode(engine, tokens, {hidden.data(), rows, encoder.width(), encoder.width()}, options);
  return hidden;
}

template <class Test>
void for_each_golden(const Test& test) {
  for (const auto& golden : test_data("hf-encoders", ".npz")) {
    const std::string name = golden.parent_path().filename().string();
    CAPTURE(name);
    test(golden);
  }
}

void check_reproduced(const std::filesystem::path& golden, Accumulation accumulation) {
  Engine engine({.threads = 2, .isa = {}, .accumulation = accumulation});
  const Encoder encoder = Encoder::load(engine, golden.parent_path());
  const GoldenBatch batch(golden);
  GoldenProbabilities probabilities(encoder, batch);
  CHECK(!probabilities.names.empty());
  const std::vector<float> hidden =
      encode(engine, encoder, batch.tokens(), {.probabilities = probabilities.views});
  CHECK(largest_difference(hidden, read_tensor(batch.file, "last_hidden")) <= hidden_tolerance);
  for (std::size_t i = 0; i < probabilities.names.size(); ++i) {
    CAPTURE(probabilities.names[i]);
    CHECK(largest_difference(probabilities.maps[i], read_tensor(batch.file, probabilities.names[i])) <=
          probability_tolerance(accumulation));
  }
}

TEST_CASE("every golden encoder is reproduced, in either accumulation") {
  int encoders = 0;
  for_each_golden([&](const std::filesystem::path& golden) {
    check_reproduced(golden, Accumulation::fp32);
    check_reproduced(golden, Accumulation::fp64);
    ++encoders;
  });
  if (std::filesystem::exists(data_path("hf-encoders"))) CHECK(encoders > 0);
}

TEST_CASE("same bits: every golden encoder on every ISA, any number of threads, alone and in a batch") {
  for_each_golden([](const std::filesystem::path& golden) {
    const GoldenBatch batch(golden);
    std::vector<float> first;
    for (const Isa isa : supported_isas()) {
      for (const int threads : {1, 3}) {
        if (isa == Isa::scalar && threads != 1) continue;
        Engine engine({.threads = threads, .isa = isa});
        const Encoder encoder = Encoder::load(engine, golden.parent_path());
        const std::vector<float> hidden = encode(engine, encoder, batch.tokens());
        if (first.empty()) first = hidden;
        CHECK(difference(hidden, first) == "");
        if (threads != 1) continue;
        std::vector<float> one_by_one;
        for (std::size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
          const auto begin = static_cast<std::size_t>(batch.offsets[s]),
                     count = static_cast<std::size_t>(batch.offsets[s + 1]) - begin;
          const std::vector<std::int64_t> offsets = {0, static_cast<std::int64_t>(count)};
          const std::vector<float> alone = encode(engine, encoder,
                                                  {std::span(batch.ids).subspan(begin, count),
                                                   std::span(batch.types).subspan(begin, count), offsets});
          one_by_one.insert(one_by_one.end(), alone.begin(), alone.end());
        }
        CHECK(difference(one_by_one, first) == "");
      }
    }
  });
}

TEST_CASE("same bits: encoders loaded while the host rounds upward") {
  for_each_golden([](const std::filesystem::path& golden) {
    const GoldenBatch batch(golden);
    Engine engine({.threads = 1, .isa = {}});
    const std::vector<float> usual =
        encode(engine, Encoder::load(engine, golden.parent_path()), batch.tokens());
    std::fesetround(FE_UPWARD);
    const Encoder encoder = Encoder::load(engine, golden.parent_path());
    const bool still_upward = std::fegetround() == FE_UPWARD;
    std::fesetround(FE_TONEAREST);
    CHECK(still_upward);
    CHECK(difference(encode(engine, encoder, batch.tokens()), usual) == "");
  });
}

TEST_CASE("same bits: every golden encoder in fp64 on every ISA") {
  for_each_golden([](const std::filesystem::path& golden) {
    const GoldenBatch batch(golden);
    std::vector<float> first;
    for (const Isa isa : supported_isas()) {
      Engine engine({.threads = 2, .isa = isa, .accumulation = Accumulation::fp64});
      const std::vector<float> hidden =
          encode(engine, Encoder::load(engine, golden.parent_path()), batch.tokens());
      if (first.empty()) first = hidden;
      CHECK(difference(hidden, first) == "");
    }
  });
}

/// The batch again and again, until it has `tokens` tokens or more.
GoldenBatch repeated(GoldenBatch batch, std::int64_t tokens) {
  const std::vector<std::int32_t> ids = batch.ids, types = batch.types;
  const std::vector<std::int64_t> offsets = batch.offsets;
  while (batch.offsets.back() < tokens) {
    const std::int64_t begin = batch.offsets.back();
    for (std::size_t s = 1; s < offsets.size(); ++s) batch.offsets.push_back(begin + offsets[s]);
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    batch.types.insert(batch.types.end(), types.begin(), types.end());
  }
  return batch;
}

TEST_CASE("a batch gives the bits of its sequences, whether threads share them, have them alone, or both") {
  for_each_golden([](const std::filesystem::path& golden) {
    Engine engine({.threads = 3, .isa = supported_isas().back()});  // the fastest
    const Encoder encoder = Encoder::load(engine, golden.parent_path());
    const std::vector<float> once = encode(engine, encoder, GoldenBatch(golden).tokens());
    for (const std::int64_t tokens : {500, 600, 1200, 7000}) {
      CAPTURE(tokens);
      const GoldenBatch batch = repeated(GoldenBatch(golden), tokens);
      const std::vector<float> hidden = encode(engine, encoder, batch.tokens());
      std::vector<float> expected;
      while (expected.size() < hidden.size()) expected.insert(expected.end(), once.begin(), once.end());
      CHECK(difference(hidden, expected) == "");
    }
  });
}

}  // namespace
}  // namespace saccade::test
