#include "explain/textbook.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saccade::command {
namespace {

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

std::vector<double> softmax(const std::vector<double>& scores) {
  const double most = *std::max_element(scores.begin(), scores.end());
  std::vector<double> shares(scores.size());
  double sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) sum += shares[i] = std::exp(scores[i] - most);
  for (double& share : shares) share /= sum;
  return shares;
}

double difference(double ours, double engine) {
  if (ours == engine || (std::isnan(ours) && std::isnan(engine))) return 0;  // hidden on both sides, too
  const double apart = std::abs(ours - engine);
  return std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart;
}

double greatest_difference(const std::vector<double>& ours, std::span<const float> engine) {
  double most = 0;
  for (std::size_t i = 0; i < ours.size(); ++i)
    most = std::max(most, difference(ours[i], static_cast<double>(engine[i])));
  return most;
}

bool is_hidden(const Window& window, std::int64_t query, std::int64_t key) {
  return query - key > window.left || key - query > window.right;
}

double greatest_magnitude(const std::vector<float>& values) {
  double most = 0;
  for (const float value : values)
    if (std::isfinite(value)) most = std::max(most, std::abs(static_cast<double>(value)));
  return most;
}

}  // namespace

TextbookRow textbook_row(const AttentionTrace& trace, std::int64_t query) {
  TextbookRow row;
  const auto q = trace.row(trace.queries, query);
  const auto scaled = trace.row(trace.scaled, query), biased = trace.row(trace.biased, query);
  for (std::size_t key = 0; key < trace.tokens.size(); ++key) {
    row.dots.push_back(dot(q, trace.row(trace.keys, static_cast<std::int64_t>(key))));
    row.scaled.push_back(row.dots.back() / std::sqrt(static_cast<double>(trace.head_dim)));
    row.biased.push_back(row.scaled.back());
    // The learnt bias of the distance is not public: it is the difference of two of the engine's scores.
    if (trace.attention.distance_bias)
      row.biased.back() += static_cast<double>(biased[key]) - static_cast<double>(scaled[key]);
    if (is_hidden(trace.attention.window, query, static_cast<std::int64_t>(key)))
      row.biased.back() = -std::numeric_limits<double>::infinity();
  }
  row.probabilities = softmax(row.biased);
  row.output.resize(static_cast<std::size_t>(trace.head_dim));
  for (std::size_t key = 0; key < trace.tokens.size(); ++key) {
    const auto v = trace.row(trace.values, static_cast<std::int64_t>(key));
    for (std::size_t d = 0; d < v.size(); ++d)
      row.output[d] += row.probabilities[key] * static_cast<double>(v[d]);
  }
  return row;
}

void Differences::add(const AttentionTrace& trace, std::int64_t query, const TextbookRow& row) {
  scores = std::max({scores, greatest_difference(row.scaled, trace.row(trace.scaled, query)),
                     greatest_difference(row.biased, trace.row(trace.biased, query))});
  probabilities =
      std::max(probabilities, greatest_difference(row.probabilities, trace.row(trace.probabilities, query)));
  output = std::max(output, greatest_difference(row.output, trace.row(trace.context, query)));
}

bool Differences::agree(const AttentionTrace& trace) const {
  constexpr double epsilon = std::numeric_limits<float>::epsilon();
  // Rounding of a chain of head_dim products whose terms are at most |q| |k|; probabilities err as scores do.
  const double term = greatest_magnitude(trace.queries) * greatest_magnitude(trace.keys);
  const double score = epsilon * static_cast<double>(trace.head_dim) * std::max(term, 1.0);
  const double sum = score + epsilon * static_cast<double>(trace.tokens.size());
  return scores <= score && probabilities <= 2 * sum &&
         output <= 2 * sum * static_cast<double>(trace.tokens.size()) *
                       std::max(greatest_magnitude(trace.values), 1.0);
}

bool has_biases(const AttentionTrace& trace) {
  return trace.scaled != trace.biased;
}

}  // namespace saccade::command
