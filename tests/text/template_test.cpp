#include "text/post/template.hpp"

#include <doctest/doctest.h>

namespace saccade::text {
namespace {

using Ids = std::vector<std::int32_t>;
using Kind = TemplatePiece::Kind;

TEST_CASE("a template puts texts and special tokens in place") {
  const Template form({{.kind = Kind::second, .type = 1},
                       {.kind = Kind::special, .type = 5, .ids = {7, 8}},
                       {.kind = Kind::first},
                       {.kind = Kind::second, .type = 2}});
  CHECK(form.special_count() == 2);
  Ids ids = {1}, types = {9};  // what is there stays
  const Ids first = {10, 11}, second = {20};
  form.append(first, second, true, ids, types);
  CHECK(ids == Ids{1, 20, 7, 8, 10, 11, 20});
  CHECK(types == Ids{9, 1, 5, 5, 0, 0, 2});
  form.append(first, second, false, ids, types);
  CHECK(ids == Ids{1, 20, 7, 8, 10, 11, 20, 20, 10, 11, 20});
  CHECK(types.size() == ids.size());
}

TEST_CASE("a pair loses tokens where it is longer") {
  const struct {
    PairLengths lengths;
    std::int64_t max;
    PairLengths expected;
  } cases[] = {
      {{3, 4}, 7, {3, 4}}, {{3, 9}, 7, {3, 4}}, {{9, 3}, 7, {4, 3}}, {{9, 1}, 7, {6, 1}},
      {{8, 9}, 7, {3, 4}}, {{9, 8}, 7, {4, 3}}, {{8, 8}, 7, {3, 4}}, {{9, 9}, 8, {4, 4}},
      {{9, 0}, 7, {7, 0}}, {{0, 9}, 7, {0, 7}}, {{5, 5}, 0, {0, 0}}, {{5, 5}, 1, {0, 1}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.lengths.first);
    CAPTURE(c.lengths.second);
    const PairLengths kept = truncated(c.lengths, c.max);
    CHECK(kept.first == c.expected.first);
    CHECK(kept.second == c.expected.second);
  }
}

}  // namespace
}  // namespace saccade::text
