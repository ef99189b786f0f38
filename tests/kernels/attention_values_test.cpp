#include <cmath>
#include <limits>

#include "kernels/attention_kernel.hpp"
#include "kernels/each_table.hpp"

namespace saccade::test {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

AttentionHead causal(std::int64_t queries, std::int64_t keys, std::int64_t first) {
  AttentionHead head = {queries, keys, 20, 37};
  head.right = 0;
  head.first_position = first;
  head.scale = 0.25f;
  head.fill(3);
  return head;
}

float& value(AttentionHead& head, std::int64_t key, std::int64_t d) {
  return head.v[static_cast<std::size_t>(key * head.value_dim + d)];
}

float& key(AttentionHead& head, std::int64_t j, std::int64_t d) {
  return head.k[static_cast<std::size_t>(j * head.head_dim + d)];
}

/// Whether row i of the outputs has a NaN.
bool has_nan(const AttentionHead& head, const AttentionResult<float>& result, std::int64_t i) {
  for (std::int64_t d = 0; d < head.value_dim; ++d) {
    if (std::isnan(result.out[static_cast<std::size_t>(i * head.value_dim + d)])) return true;
  }
  return false;
}

TEST_CASE("same bits: NaN and infinity in V reach the rows that see them, and no other") {
  for (const float bad : {nan, infinity, -infinity}) {
    for (const std::int64_t at : {0, 1, 17, 36}) {
      AttentionHead head = causal(48, 600, 500);
      value(head, 510, at) = bad;
      value(head, 530, at) = bad;
      check_contract(head);
      for_each_table([&](const kernels::KernelTable& t) {
        const AttentionResult<float> result = run_attention(t, head, 0, false);
        for (std::int64_t i = 0; i < 48; ++i) {
          const float x = result.out[static_cast<std::size_t>(i * head.value_dim + at)];
          CHECK(std::isfinite(x) == (i < 10));
          const float beside = result.out[static_cast<std::size_t>(i * head.value_dim + (at + 1) % 37)];
          CHECK(std::isfinite(beside));
        }
      });
    }
  }
}

TEST_CASE("same bits: NaN and infinity in K reach the rows that see them, and no other") {
  for (const float bad : {nan, infinity}) {
    AttentionHead head = causal(48, 600, 500);
    for (std::int64_t d = 0; d < head.head_dim; ++d) key(head, 525, d) = bad;
    check_contract(head);
    for_each_table([&](const kernels::KernelTable& t) {
      const AttentionResult<float> result = run_attention(t, head, 0, false);
      for (std::int64_t i = 0; i < 48; ++i) CHECK(has_nan(head, result, i) == (i >= 25));
    });
  }
}

TEST_CASE("same bits: a NaN in a query stays in its row") {
  AttentionHead head = causal(13, 40, 20);
  head.q[5 * 20 + 3] = nan;
  check_contract(head);
  for_each_table([&](const kernels::KernelTable& t) {
    const AttentionResult<float> result = run_attention(t, head, 0, false);
    for (std::int64_t i = 0; i < 13; ++i) CHECK(has_nan(head, result, i) == (i == 5));
  });
}

TEST_CASE("same bits: NaN and infinity among scores that all rows see") {
  for (const std::int64_t keys : {16, 128, 576}) {
    for (const std::int64_t head_dim : {20, 257}) {  // 257 is more than a piece
      for (const float bad : {nan, infinity, -infinity}) {
        AttentionHead head = {13, keys, head_dim, 37};
        head.fill(7);
        head.q[static_cast<std::size_t>(5 * head_dim + 3)] = bad;
        check_contract(head);
        key(head, keys - 3, 4) = bad;
        check_contract(head);
      }
    }
  }
}

/// One query of one dimension, so that the keys are the scores.
AttentionHead head_of_scores(const std::vector<float>& scores) {
  AttentionHead head = {1, static_cast<std::int64_t>(scores.size()), 1, 3};
  head.fill(4);
  head.q = {1.0f};
  head.k = scores;
  return head;
}

TEST_CASE("same bits: scores of minus infinity have no part, unless nothing else is there") {
  check_contract(head_of_scores({-infinity, 1.0f, -infinity, 2.0f}));
  check_contract(head_of_scores({-infinity}));
  check_contract(head_of_scores({-infinity, nan}));
  check_contract(head_of_scores({infinity, 1.0f}));
  check_contract(head_of_scores({infinity, -infinity}));
  std::vector<float> scores(1500, -infinity);
  check_contract(head_of_scores(scores));
  scores[700] = -3.0f;  // a block that has a number between two that have none
  check_contract(head_of_scores(scores));
  for_each_table([&](const kernels::KernelTable& t) {
    const AttentionHead head = head_of_scores(scores);
    const AttentionResult<float> result = run_attention(t, head);
    CHECK(result.probabilities[700] == 1.0f);
    CHECK(result.out[0] == head.v[700 * 3]);
  });
}

TEST_CASE("same bits: equal scores weigh the same") {
  for (const float score : {0.0f, -0.0f, 1.0f, -7.3f, 1e6f, -1e6f, 3e30f}) {
    const AttentionHead head = head_of_scores(std::vector<float>(1024, score));
    check_contract(head);
    for_each_table([&](const kernels::KernelTable& t) {
      const std::vector<float> p = run_attention(t, head).probabilities;
      CHECK(std::abs(p[0] * 1024.0f - 1.0f) < 40 * 0x1p-24f);
      for (const float one : p) CHECK(one == p[0]);
    });
  }
}

TEST_CASE("same bits: scores of any size") {
  Random random(6);
  for (const float size :
       {1e-30f, 1e-3f, 30.0f, 1e3f, 1e4f, 1e6f, 1.5e6f, 3e6f, 5e6f, 1e7f, 1e9f, 1e20f, 1e30f}) {
    for (const std::int64_t keys : {9, 700, 1300}) {
      check_contract(head_of_scores(random.values(keys, size)));
      std::vector<float> near(static_cast<std::size_t>(keys));
      for (float& x : near) x = size + random.uniform() * 8.0f;
      check_contract_and_reference(head_of_scores(near));
      for (float& x : near) x = -x;
      check_contract_and_reference(head_of_scores(near));
    }
  }
}

TEST_CASE("same bits: scales that are negative, zero, tiny or large") {
  for (const float scale : {-1.0f, -0.125f, 0.0f, -0.0f, 1e-38f, 1e-45f, 100.0f, 1e6f, -1e6f}) {
    AttentionHead head = causal(13, 600, 560);
    head.scale = scale;
    check_contract(head, 1);
    if (std::abs(scale) < 1000) check_contract_and_reference(head);
  }
}

TEST_CASE("same bits: subnormal values and zeros of both signs") {
  AttentionHead head = causal(13, 600, 560);
  for (float& x : head.v) x = x * 0x1p-140f;
  check_contract(head);
  for (float& x : head.v) x = -0.0f;
  check_contract(head);
  for_each_table([&](const kernels::KernelTable& t) {
    for (const float x : run_attention(t, head).out) CHECK((x == 0.0f && !std::signbit(x)));
  });
  for (std::size_t i = 0; i < head.v.size(); ++i) head.v[i] = i % 3 == 0 ? -0x1p-149f : 0.0f;
  check_contract(head);
}

TEST_CASE("same bits: values as large as fp32 has") {
  AttentionHead head = causal(13, 600, 560);
  for (float& x : head.v) x = x * 0x1p127f;
  check_contract(head);
}

TEST_CASE("the order of keys within rounding does not matter") {
  AttentionHead head = causal(5, 90, 89), reversed = head;
  head.right = reversed.right = unlimited;
  for (std::int64_t j = 0; j < 90; ++j) {
    for (std::int64_t d = 0; d < 20; ++d) key(reversed, j, d) = key(head, 89 - j, d);
    for (std::int64_t d = 0; d < 37; ++d) value(reversed, j, d) = value(head, 89 - j, d);
  }
  for_each_table([&](const kernels::KernelTable& t) {
    const std::vector<float> a = run_attention(t, head).out, b = run_attention(t, reversed).out;
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) < 1e-6f);
  });
}

}  // namespace
}  // namespace saccade::test
