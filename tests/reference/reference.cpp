#include "reference/reference.hpp"

#include <algorithm>
#include <cmath>

namespace saccade::test {
namespace {

constexpr double unit = 0x1p-24;

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

template <class A, class B>
double dot(const A* a, const B* b, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

double dot_of_magnitudes(const float* a, const float* b, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::abs(static_cast<double>(a[i]) * static_cast<double>(b[i]));
  return sum;
}

std::vector<std::int64_t> visible_keys(const AttentionHead& head, std::int64_t query) {
  std::vector<std::int64_t> keys;
  for (std::int64_t j = 0; j < head.keys; ++j) {
    if (head.sees(query, j)) keys.push_back(j);
  }
  return keys;
}

}  // namespace

std::vector<double> linear(std::span<const double> x, std::span<const float> weight,
                           std::span<const float> bias, std::int64_t in, std::int64_t out) {
  const std::int64_t rows = static_cast<std::int64_t>(x.size()) / in;
  std::vector<double> y(index(rows * out));
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t o = 0; o < out; ++o) {
      const double b = bias.empty() ? 0.0 : static_cast<double>(bias[index(o)]);
      y[index(row * out + o)] = dot(x.data() + row * in, weight.data() + o * in, in) + b;
    }
  }
  return y;
}

double relu(double x) {
  return x < 0 ? 0.0 : x;
}

std::vector<double> softmax(std::span<const double> x) {
  if (x.empty()) return {};
  const double largest = *std::max_element(x.begin(), x.end());
  std::vector<double> p;
  double sum = 0;
  for (const double score : x) {
    p.push_back(std::exp(score - largest));
    sum += p.back();
  }
  for (double& power : p) power /= sum;
  return p;
}

double score(const AttentionHead& head, std::int64_t query, std::int64_t key) {
  double s = dot(head.query(query), head.key(key), head.head_dim) * static_cast<double>(head.scale);
  const auto cap = static_cast<double>(head.softcap);
  if (cap != 0) s = cap * std::tanh(s / cap);
  return s + static_cast<double>(head.bias_of(query, key)) +
         static_cast<double>(head.distance_bias_of(query, key));
}

AttentionResult<double> attention(const AttentionHead& head) {
  AttentionResult<double> result = {std::vector<double>(index(head.queries * head.value_dim)),
                                    std::vector<double>(index(head.queries * head.keys)),
                                    std::vector<double>(index(head.queries), -HUGE_VAL)};
  for (std::int64_t i = 0; i < head.queries; ++i) {
    const std::vector<std::int64_t> keys = visible_keys(head, i);
    if (keys.empty()) continue;
    std::vector<double> scores;
    for (const std::int64_t j : keys) scores.push_back(score(head, i, j));
    if (head.sink) scores.push_back(static_cast<double>(*head.sink));
    const std::vector<double> p = softmax(scores);
    for (std::size_t n = 0; n < keys.size(); ++n) {
      result.probabilities[index(i * head.keys + keys[n])] = p[n];
      for (std::int64_t d = 0; d < head.value_dim; ++d)
        result.out[index(i * head.value_dim + d)] += p[n] * static_cast<double>(head.value(keys[n])[d]);
    }
    const auto largest = std::max_element(scores.begin(), scores.end());
    result.log_sum_exp[index(i)] = *largest - std::log(p[index(largest - scores.begin())]);
  }
  return result;
}

/// With u = 2^-24, a chain of n fused multiply-adds is off by at most n u times the sum of magnitudes (Higham
/// 2002, chapter 3). A score's error, of the chain and of the roundings of score, scale and log2 e, is an
/// absolute one in the exponent and so a relative one of its power; a power itself is off by 2 u, sums of
/// powers and of weighted values by their chains' lengths.
///
/// A softcap never stretches the error that comes to it; its own is that of 1 / cap, of two products and of
/// tanh (2 u each, kernels/tanh.hpp). Each sum with a bias rounds once, and the power rounds what comes out.
double score_tolerance(const AttentionHead& head, std::int64_t query, std::int64_t key) {
  const double magnitudes = dot_of_magnitudes(head.query(query), head.key(key), head.head_dim);
  const double scale = std::abs(static_cast<double>(head.scale));
  double error = (static_cast<double>(head.head_dim) + 4) * unit * magnitudes * scale;
  if (head.softcap != 0.0f) error += 8 * unit * static_cast<double>(head.softcap);
  if (head.has_bias())
    error += 4 * unit *
             (std::abs(score(head, query, key)) + std::abs(static_cast<double>(head.bias_of(query, key))) +
              std::abs(static_cast<double>(head.distance_bias_of(query, key))));
  return error;
}

AttentionResult<double> attention_tolerance(const AttentionHead& head) {
  constexpr double smallest = 0x1p-120;
  const AttentionResult<double> exact = attention(head);
  AttentionResult<double> tolerance = exact;
  const auto chain = static_cast<double>(std::min<std::int64_t>(head.keys, 512) + head.keys / 512 + 16);
  for (std::int64_t i = 0; i < head.queries; ++i) {
    double score_error = head.sink ? 4 * unit * std::abs(static_cast<double>(*head.sink)) : 0;
    for (const std::int64_t j : visible_keys(head, i))
      score_error = std::max(score_error, score_tolerance(head, i, j));
    const double of_power = 2 * score_error + 2 * unit, of_sum = of_power + chain * unit;
    for (std::int64_t d = 0; d < head.value_dim; ++d) {
      double magnitudes = 0;
      for (std::int64_t j = 0; j < head.keys; ++j) {
        const double p = exact.probabilities[index(i * head.keys + j)];
        if (p != 0) magnitudes += p * std::abs(static_cast<double>(head.value(j)[d]));
      }
      tolerance.out[index(i * head.value_dim + d)] =
          (of_power + of_sum + chain * unit) * magnitudes + smallest;
    }
    for (std::int64_t j = 0; j < head.keys; ++j) {
      double& p = tolerance.probabilities[index(i * head.keys + j)];
      p = (of_power + of_sum) * p + smallest;
    }
    double& log_sum = tolerance.log_sum_exp[index(i)];  // the largest score is a rounded integer m with it
    log_sum = of_sum + 4 * unit * (std::abs(log_sum) + 2);
  }
  return tolerance;
}

LayerResult self_attention(const LayerWeights& w, std::span<const float> x, std::int64_t left,
                           std::int64_t right) {
  const std::int64_t tokens = static_cast<std::int64_t>(x.size()) / w.width, context = w.context_width();
  const std::vector<double> input(x.begin(), x.end());
  const std::vector<double> q = linear(input, w.query_weight, w.query_bias, w.width, context),
                            k = linear(input, w.key_weight, w.key_bias, w.width, context),
                            v = linear(input, w.value_weight, w.value_bias, w.width, context);
  LayerResult result = {{}, std::vector<double>(index(tokens * context)), {}};
  for (std::int64_t h = 0; h < w.heads; ++h) {
    for (std::int64_t i = 0; i < tokens; ++i) {
      std::vector<double> scores(index(tokens), -HUGE_VAL);
      for (std::int64_t j = 0; j < tokens; ++j) {
        const bool visible = j < i ? i - j <= left : j - i <= right;
        if (visible)
          scores[index(j)] = dot(&q[index(i * context + h * w.head_dim)],
                                 &k[index(j * context + h * w.head_dim)], w.head_dim) /
                             std::sqrt(static_cast<double>(w.head_dim));
      }
      const std::vector<double> p = softmax(scores);
      result.probabilities.insert(result.probabilities.end(), p.begin(), p.end());
      for (std::int64_t j = 0; j < tokens; ++j) {
        for (std::int64_t d = h * w.head_dim; d < (h + 1) * w.head_dim; ++d)
          result.context[index(i * context + d)] += p[index(j)] * v[index(j * context + d)];
      }
    }
  }
  result.z = w.output_weight.empty()
                 ? result.context
                 : linear(result.context, w.output_weight, w.output_bias, context, w.output_width);
  return result;
}

}  // namespace saccade::test
