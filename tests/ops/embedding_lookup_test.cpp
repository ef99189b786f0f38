#include "ops/embedding_lookup.hpp"

#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "ops/each_engine.hpp"
#include "reference/compare.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/random.hpp"

namespace saccade::test {
namespace {

constexpr std::int64_t width = 37;

/// A model's tables: 50 words, 2 types, 90 positions of which the first belongs to row 2.
struct Model {
  std::vector<float> words = Random(1).values(50 * width), types = Random(2).values(2 * width),
                     positions = Random(3).values(92 * width);

  [[nodiscard]] ops::EmbeddingTables tables() const {
    return {{words.data(), StorageType::f32, 50, width, width},
            {types.data(), StorageType::f32, 2, width, width},
            {positions.data(), StorageType::f32, 92, width, width},
            2};
  }
};

struct Tokens {
  std::vector<std::int64_t> offsets;
  std::vector<std::int32_t> ids = {}, type_ids = {};

  explicit Tokens(const std::vector<std::int64_t>& ends) : offsets(ends) {
    Random random(9);
    for (std::int64_t i = 0; i < offsets.back(); ++i) {
      ids.push_back(static_cast<std::int32_t>(random.below(50)));
      type_ids.push_back(static_cast<std::int32_t>(random.below(2)));
    }
  }
  [[nodiscard]] TokenIds batch() const { return {ids, type_ids, offsets}; }
};

/// word + type + position of each token, where tokens of id `pad` have row 1 and are not counted.
std::vector<float> sums_of(const Model& model, const Tokens& tokens, std::int32_t pad) {
  std::vector<float> sums;
  for (std::size_t s = 1; s < tokens.offsets.size(); ++s) {
    std::int64_t next_row = 2;
    for (std::int64_t t = tokens.offsets[s - 1]; t < tokens.offsets[s]; ++t) {
      const auto at = static_cast<std::size_t>(t);
      const std::int64_t row = tokens.ids[at] == pad ? 1 : next_row++;
      for (std::int64_t c = 0; c < width; ++c) {
        const auto value = [&](const std::vector<float>& table, std::int64_t r) {
          return table[static_cast<std::size_t>(r * width + c)];
        };
        const float sum = value(model.words, tokens.ids[at]) + value(model.types, tokens.type_ids[at]);
        sums.push_back(sum + value(model.positions, row));
      }
    }
  }
  return sums;
}

TEST_CASE(
    "same bits: embeddings of a ragged batch on any number of threads, without and with padding tokens") {
  const Model model;
  Tokens tokens({0, 0, 3, 93, 93, 94, 164, 165, 165});
  for (const std::int64_t t : {0, 3, 66, 67, 68, 92, 93, 164}) tokens.ids[static_cast<std::size_t>(t)] = 7;
  for (const std::int32_t pad : {-1, 7}) {
    const std::vector<float> expected = sums_of(model, tokens, pad);
    ops::EmbeddingTables tables = model.tables();
    tables.pad_token_id = pad;
    for_each_engine([&](Engine& engine) {
      GuardedMatrix out(165, width, width + 3, 2);
      ops::embedding_lookup(scheduler::context_of(engine), tokens.batch(), tables,
                            {out.data(), 165, width, out.stride()});
      CHECK(out.guards_hold());
      CHECK(difference(out.values(), expected) == "");
    });
  }
}

TEST_CASE("a model may have words alone, and a batch no types") {
  const Model model;
  const Tokens tokens({0, 4});
  Engine engine;
  std::vector<float> words(4 * width), with_type(4 * width);
  const ops::EmbeddingTables tables = model.tables();
  ops::embedding_lookup(scheduler::context_of(engine), tokens.batch(), {.words = tables.words},
                        {words.data(), 4, width, width});
  ops::embedding_lookup(scheduler::context_of(engine), {tokens.ids, {}, tokens.offsets},
                        {.words = tables.words, .types = tables.types}, {with_type.data(), 4, width, width});
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto c = i % static_cast<std::size_t>(width);
    const float word = model.words[static_cast<std::size_t>(tokens.ids[i / width]) * width + c];
    CHECK(words[i] == word);
    CHECK(with_type[i] == word + model.types[c]);
  }
}

using Change = void (*)(Tokens&, ops::EmbeddingTables&);

TEST_CASE("ids that are no rows, and sequences too long, are named") {
  const Model model;
  Engine engine;
  const auto expect = [&](std::initializer_list<std::string> parts, Change change) {
    Tokens tokens({0, 5, 5, 12});
    ops::EmbeddingTables tables = model.tables();
    change(tokens, tables);
    expect_error(ErrorCode::invalid_argument, parts, [&] { ops::validate(tokens.batch(), tables); });
  };
  expect({"token 3 of sequence 0", "id 50", "0 to 49"}, [](auto& t, auto&) { t.ids[3] = 50; });
  expect({"token 2 of sequence 2", "id -1"}, [](auto& t, auto&) { t.ids[7] = -1; });
  expect({"token 0 of sequence 2", "type 2", "0 to 1"}, [](auto& t, auto&) { t.type_ids[5] = 2; });
  expect({"types' size is 11", "12"}, [](auto& t, auto&) { t.type_ids.pop_back(); });
  expect({"sequence 2 has 7 tokens", "6"}, [](auto&, auto& m) { m.positions.rows = 8; });
  expect({"the number of ids is 11", "12"}, [](auto& t, auto&) { t.ids.pop_back(); });
}

}  // namespace
}  // namespace saccade::test
