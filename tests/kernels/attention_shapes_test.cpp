#include <cmath>

#include "kernels/attention_kernel.hpp"
#include "kernels/each_table.hpp"

namespace saccade::test {
namespace {

AttentionHead head_of(std::int64_t queries, std::int64_t keys, std::int64_t head_dim, std::int64_t value_dim,
                      std::uint64_t seed) {
  AttentionHead head = {queries, keys, head_dim, value_dim};
  head.scale = 4.0f / std::sqrt(static_cast<float>(head_dim));  // scores that differ
  head.fill(seed, 2.0f);
  return head;
}

const std::vector<std::int64_t> rows = {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 24, 25, 47, 48, 96};
const std::vector<std::int64_t> keys = {1,   2,   15,  16,  17,  33,  63,   64,  65,
                                        127, 128, 129, 511, 512, 513, 1023, 1025};
const std::vector<std::int64_t> dims = {1,  2,  7,  8,   9,   15,  16,  17,  33,  40, 64,
                                        65, 80, 96, 127, 128, 130, 255, 256, 257, 300};

KERNEL_TEST_CASE("attention_block", "same bits: attention at every edge of its blocks") {
  for (std::int64_t n = 1; n <= kernels::row_block; ++n)
    check_contract_and_reference(head_of(n, 65, 17, 33, 1), n % 3);
  for (const std::int64_t n : {49, 60, 61, 95, 96}) check_contract(head_of(n, 1040, 17, 33, 1), n % 3);
  for (const std::int64_t n : keys) check_contract_and_reference(head_of(7, n, 16, 16, 2), n % 3);
  for (const std::int64_t n : dims) check_contract_and_reference(head_of(13, 33, n, 9, 3), n % 3);
  for (const std::int64_t n : dims) check_contract_and_reference(head_of(13, 33, 9, n, 4), n % 3);
}

KERNEL_TEST_CASE("attention_block/fp64", "same bits: attention of any size under any window") {
  Random random(5);
  const std::vector<std::int64_t> reaches = {unlimited, unlimited, 0, 1, 5, 16, 100, 600};
  for (std::uint64_t i = 0; i < 120; ++i) {
    AttentionHead head =
        head_of(random.choose(rows), random.choose(keys), random.choose(dims), random.choose(dims), i);
    head.left = random.choose(reaches);
    head.right = random.choose(reaches);
    head.first_position = random.below(head.keys + 100) - 60;
    check_contract(head, static_cast<std::int64_t>(i % 4));
  }
}

AttentionHead windowed(std::int64_t queries, std::int64_t key_count, std::int64_t first, std::int64_t left,
                       std::int64_t right) {
  AttentionHead head = head_of(queries, key_count, 20, 20, 9);
  head.first_position = first;
  head.left = left;
  head.right = right;
  return head;
}

TEST_CASE("causal rows see the keys up to their own") {
  for (const std::int64_t n : {1, 5, 16, 17, 33, 48})
    check_contract_and_reference(windowed(n, n, 0, unlimited, 0));
  check_contract_and_reference(windowed(48, 600, 480, unlimited, 0), 1);    // rows on both sides of a block
  check_contract_and_reference(windowed(48, 1100, 1000, unlimited, 0), 1);  // and after two
  check_contract_and_reference(windowed(1, 1025, 1024, unlimited, 0));
}

TEST_CASE("windows may leave whole blocks of keys unseen by some rows") {
  check_contract_and_reference(windowed(48, 1100, 500, 20, 20));
  check_contract_and_reference(windowed(48, 1100, 500, 0, 0));
  check_contract_and_reference(windowed(48, 1600, 1000, 600, 10));
  check_contract_and_reference(windowed(48, 1600, 0, 3, 490));
  check_contract_and_reference(windowed(48, 1600, 1552, 550, 0));
  check_contract_and_reference(windowed(48, 1600, 0, 0, unlimited));
}

TEST_CASE("rows without a visible key are +0") {
  for (const std::int64_t first : {-1000, -48, -47, -20, -1, 30, 47, 99, 100, 101, 5000}) {
    check_contract_and_reference(windowed(48, 100, first, 10, 5), 1);
    check_contract_and_reference(windowed(48, 100, first, 10, 0));
    check_contract_and_reference(windowed(48, 100, first, 0, 10));
  }
  for_each_table([](const kernels::KernelTable& t) {
    const AttentionResult<float> got = run_attention(t, windowed(3, 100, 500, 10, 10), 1);
    for (const float x : got.out) CHECK((x == 0.0f && !std::signbit(x)));
    for (const float x : got.probabilities) CHECK((x == 0.0f && !std::signbit(x)));
  });
}

TEST_CASE("the largest window is no limit, wherever the rows stand") {
  for (const std::int64_t first : {std::int64_t{-5}, std::int64_t{0}, std::int64_t{1} << 60}) {
    const AttentionHead all = windowed(5, 70, first, unlimited, unlimited);
    check_contract_and_reference(all);
    check_contract_and_reference(windowed(5, 70, first, unlimited - 1, unlimited - 1));
  }
}

TEST_CASE("probabilities of a row sum to one") {
  for_each_table([](const kernels::KernelTable& t) {
    const AttentionHead head = windowed(48, 1100, 500, 700, unlimited);
    const AttentionResult<float> got = run_attention(t, head);
    for (std::int64_t i = 0; i < head.queries; ++i) {
      double sum = 0;
      for (std::int64_t j = 0; j < head.keys; ++j)
        sum += static_cast<double>(got.probabilities[static_cast<std::size_t>(i * head.keys + j)]);
      CHECK(std::abs(sum - 1) < 1100 * 0x1p-24);
    }
  });
}

}  // namespace
}  // namespace saccade::test
