#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "bench/attention_problem.hpp"
#include "bench/random.hpp"

namespace saccade::bench {

/// The maps of a self-attention layer without biases, each [width][width], a row for an output. What they
/// give is about as large as what they get.
struct LayerWeights {
  explicit LayerWeights(std::int64_t width)
      : query(map(width, 1)), key(map(width, 2)), value(map(width, 3)), output(map(width, 4)) {}

  std::vector<float> query, key, value, output;

 private:
  static std::vector<float> map(std::int64_t width, std::uint64_t seed) {
    std::vector<float> weight = random_values(static_cast<std::size_t>(width * width), seed);
    for (float& w : weight) w /= std::sqrt(static_cast<float>(width));
    return weight;
  }
};

/// A layer and a ragged batch for it, of saccade or of another engine that it is compared with.
struct LayerProblem {
  LayerProblem(std::int64_t token_width, std::int64_t head_count, std::vector<std::int64_t> begins)
      : width(token_width),
        heads(head_count),
        offsets(std::move(begins)),
        weights(width),
        x(random_values(static_cast<std::size_t>(tokens() * width), 5)) {}

  [[nodiscard]] std::int64_t tokens() const { return offsets.back(); }
  [[nodiscard]] std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  [[nodiscard]] std::int64_t head_dim() const { return width / heads; }
  /// Floating-point operations of four linear maps for each token and two products for each pair of tokens of
  /// a sequence.
  [[nodiscard]] double flops() const {
    double products = 4.0 * static_cast<double>(tokens()) * static_cast<double>(width * width);
    for (std::size_t s = 1; s < offsets.size(); ++s) {
      const auto length = static_cast<double>(offsets[s] - offsets[s - 1]);
      products += 2.0 * length * length * static_cast<double>(width);
    }
    return 2.0 * products;
  }

  std::int64_t width, heads;
  std::vector<std::int64_t> offsets;  ///< where each sequence begins, and the last one ends
  LayerWeights weights;
  std::vector<float> x;  ///< [tokens][width]
};

/// Some rows of what a layer is to give, by its definition in double precision: 64 tokens or so, spread over
/// the batch, the last one among them.
class LayerReference {
 public:
  explicit LayerReference(const LayerProblem& problem, bool causal = false) : problem_(problem) {
    const std::int64_t tokens = problem.tokens(), step = tokens / 64 + 1;
    for (std::int64_t token = tokens - 1; token >= 0; token -= step) {
      const auto next = std::upper_bound(problem.offsets.begin(), problem.offsets.end(), token);
      rows_.push_back({token, row(token, *(next - 1), causal ? token + 1 : *next)});
    }
  }

  /// The greatest difference of z [tokens][width] from these rows; 1e30 where an output is not finite.
  [[nodiscard]] double max_abs_error(const float* z) const {
    double greatest = 0;
    for (const auto& [token, expected] : rows_) {
      const float* actual = z + token * problem_.width;
      for (const double value : expected) {
        if (!is_finite(*actual)) return 1e30;
        greatest = std::max(greatest, std::abs(static_cast<double>(*actual++) - value));
      }
    }
    return greatest;
  }

 private:
  using Vector = std::vector<double>;
  struct Row {
    std::int64_t token;
    Vector expected;
  };

  /// Of a token that attends to [first, last). No keys and values are made of the tokens: a score is
  /// q . (W_K x) = (W_K^T q) . x, and the mean of values W_V x is W_V times the mean of x.
  [[nodiscard]] Vector row(std::int64_t token, std::int64_t first, std::int64_t last) const {
    const LayerWeights& w = problem_.weights;
    const Vector q = times(w.query.data(), problem_.width, problem_.x.data() + token * problem_.width);
    Vector context;
    for (std::int64_t head = 0; head < problem_.heads; ++head) {
      const std::int64_t dim = problem_.head_dim(), block = head * dim * problem_.width;
      const Vector towards = weighted_sum(q.data() + head * dim, dim, w.key.data() + block);
      const float* const x = problem_.x.data() + first * problem_.width;
      Vector p = times(x, last - first, towards.data());
      softmax(p, 1.0 / std::sqrt(static_cast<double>(dim)));
      const Vector mean = weighted_sum(p.data(), last - first, x);
      const Vector values = times(w.value.data() + block, dim, mean.data());
      context.insert(context.end(), values.begin(), values.end());
    }
    return times(w.output.data(), problem_.width, context.data());
  }

  static void softmax(Vector& values, double scale) {
    const double greatest = *std::max_element(values.begin(), values.end());
    double sum = 0;
    for (double& x : values) sum += x = std::exp(scale * (x - greatest));
    for (double& x : values) x /= sum;
  }
  /// Each of some rows of a matrix, which are `width` wide, times x.
  template <class T>
  [[nodiscard]] Vector times(const float* matrix, std::int64_t rows, const T* x) const {
    Vector product(static_cast<std::size_t>(rows));
    for (double& sum : product)
      for (std::int64_t i = 0; i < problem_.width; ++i)
        sum += static_cast<double>(*matrix++) * static_cast<double>(x[i]);
    return product;
  }
  /// The sum of some rows of a matrix, each by its weight.
  [[nodiscard]] Vector weighted_sum(const double* weights, std::int64_t rows, const float* matrix) const {
    Vector sum(static_cast<std::size_t>(problem_.width));
    for (std::int64_t r = 0; r < rows; ++r)
      for (double& s : sum) s += weights[r] * static_cast<double>(*matrix++);
    return sum;
  }

  const LayerProblem& problem_;
  std::vector<Row> rows_;
};

}  // namespace saccade::bench
