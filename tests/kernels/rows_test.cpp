// The kernels over rows: layer norm, L2 norm, rotation, embeddings, pooling.

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/each_table.hpp"
#include "reference/compare.hpp"
#include "reference/guarded_matrix.hpp"
#include "reference/half.hpp"
#include "reference/hash.hpp"
#include "reference/random.hpp"
#include "reference/row_contract.hpp"

namespace saccade::test {
namespace {

using kernels::KernelTable;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
const std::vector<std::int64_t> widths = {1,  2,  3,  7,  8,  9,  15, 16,  17,  24,  31,
                                          32, 33, 47, 48, 63, 64, 65, 100, 384, 777, 1024};

std::size_t size_of(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

/// Rows to normalise, and what has been learnt.
struct Rows {
  std::int64_t rows, width;
  std::vector<float> x, gamma, beta;

  Rows(std::int64_t row_count, std::int64_t columns, std::uint64_t seed) : rows(row_count), width(columns) {
    Random random(seed);
    x = random.values(rows * width, 4.0f);
    gamma = random.values(width);
    beta = random.values(width);
  }
};

/// By the kernel, with rows further apart than they are wide; checked to be the same in place.
template <class Kernel>
std::vector<float> by_kernel(const Rows& r, const Kernel& kernel) {
  GuardedMatrix x(r.rows, r.width, r.width + 3, 1), out(r.rows, r.width, r.width + 2, 5);
  x.assign(r.x);
  kernel(x, out);
  CHECK(out.guards_hold());
  CHECK(difference(x.values(), r.x) == "");
  kernel(x, x);
  CHECK(x.guards_hold());
  CHECK(difference(x.values(), out.values()) == "");
  return out.values();
}

std::vector<float> layer_norm(const KernelTable& t, const Rows& r, bool with_beta = true,
                              float epsilon = 1e-5f) {
  return by_kernel(r, [&](GuardedMatrix& x, GuardedMatrix& out) {
    t.layer_norm({x.data(), x.stride(), r.rows, r.width, r.gamma.data(), with_beta ? r.beta.data() : nullptr,
                  epsilon, out.data(), out.stride()});
  });
}

std::vector<float> normalize(const KernelTable& t, const Rows& r) {
  return by_kernel(r, [&](GuardedMatrix& x, GuardedMatrix& out) {
    t.normalize({x.data(), x.stride(), r.rows, r.width, out.data(), out.stride()});
  });
}

KERNEL_TEST_CASE("layer_norm", "same bits: layer_norm and normalize of any width and number of rows") {
  std::uint64_t layer_norms = 0, norms = 0;
  for (const std::int64_t width : widths) {
    for (const std::int64_t rows : {1, 2, 3, 4, 5, 9}) {
      CAPTURE(width);
      CAPTURE(rows);
      const Rows r(rows, width, static_cast<std::uint64_t>(width * 10 + rows));
      const std::vector<float> expected = contract::layer_norm(r.x, width, r.gamma, r.beta, 1e-5f),
                               without_beta = contract::layer_norm(r.x, width, r.gamma, {}, 1e-5f),
                               normalized = contract::normalize(r.x, width);
      layer_norms = hash_of(without_beta, hash_of(expected, layer_norms));
      norms = hash_of(normalized, norms);
      for_each_table([&](const KernelTable& t) {
        CHECK(difference(layer_norm(t, r), expected) == "");
        CHECK(difference(layer_norm(t, r, false), without_beta) == "");
        CHECK(difference(normalize(t, r), normalized) == "");
      });
    }
  }
  CHECK(layer_norms == 0x9f7bdf616ef9267a);
  CHECK(norms == 0xcd1d34e603cd59fc);
}

TEST_CASE("layer_norm agrees with the formula") {
  for (const std::int64_t width : {5, 64, 384, 1024}) {
    CAPTURE(width);
    const Rows r(6, width, 77);
    const double n = static_cast<double>(width), unit = 0x1p-24;
    std::vector<double> expected, tolerance;
    for (auto row = r.x.begin(); row != r.x.end(); row += width) {
      double mean = 0, variance = 0;
      for (std::int64_t c = 0; c < width; ++c) mean += static_cast<double>(row[c]) / n;
      for (std::int64_t c = 0; c < width; ++c)
        variance += std::pow(static_cast<double>(row[c]) - mean, 2) / n;
      const double deviation = std::sqrt(variance + 1e-5);
      for (std::int64_t c = 0; c < width; ++c) {
        const double gamma = static_cast<double>(r.gamma[size_of(c)]), d = static_cast<double>(row[c]) - mean;
        expected.push_back(d / deviation * gamma + static_cast<double>(r.beta[size_of(c)]));
        // The mean is off by its additions of values below 4, d by that and a rounding; the variance by as
        // many roundings, and by what d is off, of which the root leaves half; then come six roundings more.
        const double additions = n / 16 + 4, mean_error = (additions + 2) * 4 * unit;
        tolerance.push_back(
            std::abs(gamma) / deviation *
                (mean_error + std::abs(d) * (additions + mean_error / deviation / unit + 6) * unit) +
            std::abs(expected.back()) * unit);
      }
    }
    for_each_table(
        [&](const KernelTable& t) { CHECK(outside(layer_norm(t, r), expected, tolerance) == ""); });
  }
}

TEST_CASE("rows keep what is not finite, and constant rows come out as beta") {
  Rows r(6, 40, 1);
  r.x[3] = nan;
  r.x[40 + 7] = infinity;
  std::fill(r.x.begin() + 80, r.x.begin() + 120, 2.5f);
  for_each_table([&](const KernelTable& t) {
    const std::vector<float> got = layer_norm(t, r), norms = normalize(t, r);
    for (std::size_t c = 0; c < 40; ++c) {
      CHECK(std::isnan(got[c]));
      CHECK(std::isnan(got[40 + c]));
      CHECK(std::isnan(norms[c]));
      CHECK((c == 7 ? std::isnan(norms[40 + c]) : norms[40 + c] == 0.0f));
    }
    CHECK(difference({got.data() + 80, 40}, r.beta) == "");
    CHECK(std::none_of(got.begin() + 80, got.end(), [](float y) { return std::isnan(y); }));
  });
}

KERNEL_TEST_CASE("normalize", "a vector too short for a direction is not blown up") {
  Rows r(1, 20, 1);
  std::fill(r.x.begin(), r.x.end(), 0.0f);
  for_each_table([&](const KernelTable& t) { CHECK(difference(normalize(t, r), r.x) == ""); });
}

KERNEL_TEST_CASE("rotate", "same bits: rotate") {
  std::uint64_t hash = 0;
  for (const std::int64_t dims : {2, 6, 16, 30, 32, 34, 64, 80, 128}) {
    CAPTURE(dims);
    constexpr std::int64_t tokens = 3, heads = 2;
    const std::int64_t head_dim = dims + dims % 4, row = heads * head_dim;
    Random random(static_cast<std::uint64_t>(dims));
    const std::vector<float> x = random.values(tokens * row), table = random.values(tokens * dims);
    std::vector<float> expected;
    for (std::int64_t token = 0; token < tokens; ++token) {
      const auto angles = table.begin() + token * dims;
      for (std::int64_t head = 0; head < heads; ++head) {
        const auto vector = x.begin() + token * row + head * head_dim;
        const std::vector<float> turned = contract::rotate(
            {vector, vector + dims}, {angles, angles + dims / 2}, {angles + dims / 2, angles + dims});
        expected.insert(expected.end(), turned.begin(), turned.end());
        expected.insert(expected.end(), vector + dims, vector + head_dim);
      }
    }
    hash = hash_of(expected, hash);
    for_each_table([&](const KernelTable& t) {
      GuardedMatrix got(tokens, row, row + 5, 3);
      got.assign(x);
      t.rotate({got.data(), got.stride(), head_dim, tokens, heads, dims, table.data()});
      CHECK(got.guards_hold());
      CHECK(difference(got.values(), expected) == "");
    });
  }
  CHECK(hash == 0x4d5f4dad1832af0);
}

KERNEL_TEST_CASE("embedding_lookup",
                 "same bits: embedding_lookup adds the type and the position to the word, in this order") {
  for (const std::int64_t width : widths) {
    CAPTURE(width);
    Random random(static_cast<std::uint64_t>(width));
    const std::vector<float> words = random.values(5 * width), types = random.values(2 * width),
                             positions = random.values(4 * width);
    const std::vector<std::int32_t> ids = {4, 0, 4, 2}, type_ids = {0, 1, 1, 0};
    for (const unsigned with : {0u, 1u, 2u, 3u, 7u}) {  // positions, types, their ids
      std::vector<float> expected;
      for (std::size_t i = 0; i < 4; ++i) {
        for (std::int64_t c = 0; c < width; ++c) {
          const auto of = [&](const std::vector<float>& rows, std::int64_t row) {
            return rows[size_of(row * width + c)];
          };
          float sum = of(words, ids[i]);
          if (with & 2u) sum = sum + of(types, with & 4u ? type_ids[i] : 0);
          if (with & 1u) sum = sum + of(positions, static_cast<std::int64_t>(i));
          expected.push_back(sum);
        }
      }
      for_each_table([&](const KernelTable& t) {
        GuardedMatrix out(4, width, width + 1, 2);
        t.embedding_lookup({ids.data(), with & 4u ? type_ids.data() : nullptr, 4, width, words.data(), width,
                            with & 2u ? types.data() : nullptr, width, with & 1u ? positions.data() : nullptr,
                            width, out.data(), out.stride()});
        CHECK(out.guards_hold());
        CHECK(difference(out.values(), expected) == "");
      });
    }
  }
}

KERNEL_TEST_CASE("embedding_lookup", "same bits: embedding_lookup widens f16 and bf16 tables exactly") {
  constexpr std::int64_t width = 53;
  Random random(77);
  std::vector<std::uint16_t> words(5 * width), types(2 * width), positions(3 * width);
  for (auto* table : {&words, &types, &positions}) {
    for (std::uint16_t& x : *table) x = static_cast<std::uint16_t>(0x3000 + random.below(0x1000));
  }
  const std::vector<std::int32_t> ids = {4, 0, 3}, type_ids = {1, 0, 1};
  for (const StorageType type : {StorageType::f16, StorageType::bf16}) {
    const auto widen = [&](std::uint16_t bits) {
      return type == StorageType::f16 ? of_f16(bits) : of_bf16(bits);
    };
    std::vector<float> expected;
    for (std::int64_t i = 0; i < 3; ++i) {
      for (std::int64_t c = 0; c < width; ++c) {
        const float sum = widen(words[size_of(ids[size_of(i)] * width + c)]) +
                          widen(types[size_of(type_ids[size_of(i)] * width + c)]);
        expected.push_back(sum + widen(positions[size_of(i * width + c)]));
      }
    }
    for_each_table([&](const KernelTable& t) {
      GuardedMatrix out(3, width, width + 1, 2);
      t.embedding_lookup({ids.data(), type_ids.data(), 3, width, words.data(), width, types.data(), width,
                          positions.data(), width, out.data(), out.stride(), type});
      CHECK(out.guards_hold());
      CHECK(difference(out.values(), expected) == "");
    });
  }
}

std::vector<float> pool(const KernelTable& t, const std::vector<float>& x, std::int64_t width,
                        Pooling pooling) {
  const std::int64_t tokens = static_cast<std::int64_t>(x.size()) / width;
  GuardedMatrix in(std::max<std::int64_t>(tokens, 1), width, width + 3), out(1, width, width, 1);
  if (tokens > 0) in.assign(x);
  t.pool({in.data(), in.stride(), tokens, width, pooling, out.data(), 0});
  CHECK(out.guards_hold());
  return out.values();
}

/// What the contract says of each pooling.
std::vector<float> pooled(const std::vector<float>& x, std::int64_t width, Pooling pooling) {
  const std::size_t n = x.size() / size_of(width);
  const auto count = static_cast<float>(n);
  std::vector<float> weights(n, 1.0f), largest(x.begin(), x.begin() + width);
  switch (pooling) {
    case Pooling::first:
      return largest;
    case Pooling::last:
      return {x.end() - width, x.end()};
    case Pooling::mean:
      return contract::pool(x, width, weights, count);
    case Pooling::mean_sqrt:
      return contract::pool(x, width, weights, std::sqrt(count));
    case Pooling::weighted_mean:
      for (std::size_t t = 0; t < n; ++t) weights[t] = static_cast<float>(t + 1);
      return contract::pool(x, width, weights, static_cast<float>(n * (n + 1) / 2));
    case Pooling::max:
      for (std::size_t i = 0; i < x.size(); ++i)
        largest[i % size_of(width)] = std::max(largest[i % size_of(width)], x[i]);
      return largest;
  }
  return {};
}

constexpr Pooling poolings[] = {Pooling::first,     Pooling::last,          Pooling::mean,
                                Pooling::mean_sqrt, Pooling::weighted_mean, Pooling::max};

KERNEL_TEST_CASE("pool", "same bits: pool in every way") {
  std::uint64_t hash = 0;
  for (const std::int64_t width : widths) {
    for (const std::int64_t tokens : {1, 2, 7, 100}) {
      CAPTURE(width);
      CAPTURE(tokens);
      const std::vector<float> x = Random(static_cast<std::uint64_t>(width + tokens)).values(tokens * width);
      for (const Pooling pooling : poolings) {
        const std::vector<float> expected = pooled(x, width, pooling);
        hash = hash_of(expected, hash);
        for_each_table(
            [&](const KernelTable& t) { CHECK(difference(pool(t, x, width, pooling), expected) == ""); });
      }
    }
  }
  CHECK(hash == 0x9273975bf855ad75);
}

TEST_CASE("pooling no token gives +0, and a NaN anywhere in a column reaches all but the ends") {
  const std::vector<float> x = {1.0f, 2.0f, nan, 5.0f, 3.0f, -infinity};  // three tokens
  for_each_table([&](const KernelTable& t) {
    for (const Pooling pooling : poolings) {
      CHECK(difference(pool(t, {}, 20, pooling), std::vector<float>(20, 0.0f)) == "");
      const std::vector<float> got = pool(t, x, 2, pooling);
      const bool ends = pooling == Pooling::first || pooling == Pooling::last;
      CHECK(std::isnan(got[0]) == !ends);
      CHECK(!std::isnan(got[1]));
    }
    CHECK(pool(t, x, 2, Pooling::max)[1] == 5.0f);
    CHECK(pool(t, {-infinity, -infinity}, 1, Pooling::max)[0] == -infinity);
  });
}

}  // namespace
}  // namespace saccade::test
