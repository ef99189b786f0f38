#include "explain/explain_text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

#include "explain/textbook.hpp"
#include "shell/figures.hpp"
#include "shell/terminal_text.hpp"

namespace saccade::command {
namespace {

constexpr std::size_t shown_values = 6;
constexpr std::size_t shown_rows = 12;
constexpr std::size_t longest_name = 16;
constexpr std::size_t columns = 10;

std::string number(double value) {
  if (std::isinf(value)) return right_aligned(value < 0 ? "hidden" : "inf", columns);
  return right_aligned(fixed(value, 4), columns);
}

/// The first values of a vector.
template <class Values>
std::string first_values(const Values& values) {
  std::string text;
  for (std::size_t i = 0; i < std::min(values.size(), shown_values); ++i)
    text += number(static_cast<double>(values[i]));
  return text + (values.size() > shown_values ? "  ..." : "");
}

std::string name_of(const AttentionTrace& trace, std::size_t token) {
  return padded(cut(trace.tokens[token], longest_name), longest_name + 1);
}

std::string scientific(double value) {
  std::ostringstream text;
  text.precision(1);
  text << std::scientific << value;
  return text.str();
}

std::string shape(std::int64_t rows, std::int64_t wide) {
  return std::to_string(rows) + " x " + std::to_string(wide);
}

/// The tokens in descending order of their probability.
std::vector<std::size_t> by_weight(const TextbookRow& row) {
  std::vector<std::size_t> order(row.probabilities.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return row.probabilities[a] > row.probabilities[b]; });
  order.resize(std::min(order.size(), shown_rows));
  return order;
}

std::string heading(const AttentionTrace& trace) {
  return "layer " + std::to_string(trace.layer) + ", head " + std::to_string(trace.head) + ": " +
         count_of(static_cast<std::int64_t>(trace.tokens.size()), "token") + ", head_dim " +
         std::to_string(trace.head_dim) + ", sqrt(head_dim) " +
         fixed(std::sqrt(static_cast<double>(trace.head_dim)), 4) + "\n";
}

/// " + b_Q", where the model has biases in these maps.
std::string bias_of(const AttentionTrace& trace, const char* name) {
  return trace.attention.projection_bias ? std::string(" + b_") + name : "";
}

/// "more than 8 tokens before it"
std::string reach(std::int64_t tokens, const char* where) {
  return "more than " + count_of(tokens, "token") + " " + where;
}

/// The rules that change scores after scaling, where has_biases().
std::string bias_text(const AttentionTrace& trace) {
  const Window& window = trace.attention.window;
  std::string text;
  if (trace.attention.distance_bias)
    text = "each has a number added that the head has learnt for its distance";
  std::string hidden;
  if (window.left != Window::unlimited) hidden = reach(window.left, "before it");
  if (window.right != Window::unlimited)
    hidden += (hidden.empty() ? "" : " or ") + reach(window.right, "behind it");
  if (!hidden.empty()) text += (text.empty() ? "" : "; ") + ("this layer hides tokens " + hidden);
  return text;
}

std::string check_text(const Differences& differences, const AttentionTrace& trace) {
  return "Computed here in double precision from the engine's q, k and v. The engine's own results differ by "
         "at "
         "most\n  " +
         scientific(differences.scores) + " (scores), " + scientific(differences.probabilities) +
         " (probabilities), " + scientific(differences.output) +
         " (z): " + (differences.agree(trace) ? "they agree, as fp32 rounds.\n" : "THEY DO NOT AGREE.\n");
}

std::string rows_left_out(const AttentionTrace& trace, std::size_t shown) {
  const std::size_t left = trace.tokens.size() - shown;
  return left == 0 ? "" : "   and " + count_of(static_cast<std::int64_t>(left), "more token") + "\n";
}

std::string scores_table(const AttentionTrace& trace, const TextbookRow& row,
                         const std::vector<std::size_t>& order) {
  const bool biases = has_biases(trace);
  std::string text = "   " + std::string(longest_name + 1, ' ') + right_aligned("q . k", columns) +
                     right_aligned("scaled", columns) + (biases ? right_aligned("biased", columns) : "") +
                     right_aligned("softmax", columns) + "\n";
  for (const std::size_t key : order)
    text += "   " + name_of(trace, key) + number(row.dots[key]) + number(row.scaled[key]) +
            (biases ? number(row.biased[key]) : "") + number(row.probabilities[key]) + "\n";
  return text + rows_left_out(trace, order.size());
}

std::string weighted_values(const AttentionTrace& trace, const TextbookRow& row,
                            const std::vector<std::size_t>& order) {
  std::string text;
  for (const std::size_t key : order) {
    std::vector<double> weighted;
    for (const float v : trace.row(trace.values, static_cast<std::int64_t>(key)))
      weighted.push_back(row.probabilities[key] * static_cast<double>(v));
    text += "   " + name_of(trace, key) + first_values(weighted) + "\n";
  }
  return text + rows_left_out(trace, order.size());
}

}  // namespace

std::string explain_token(const AttentionTrace& trace, std::int64_t query) {
  const TextbookRow row = textbook_row(trace, query);
  const std::vector<std::size_t> order = by_weight(row);
  const auto at = static_cast<std::size_t>(query);
  Differences differences;
  differences.add(trace, query, row);
  std::string text =
      "How \"" + trace.tokens[at] + "\" (token " + std::to_string(query) + ") attends, " + heading(trace);
  text += "\n1. Its query q = W_Q x" + bias_of(trace, "Q") + ", from x, what enters the attention for it" +
          (trace.attention.rotary ? "; then rotated by its position (RoPE).\n   x" : ".\n   x") +
          std::string(longest_name, ' ') + first_values(trace.row(trace.input, query)) + "\n   q" +
          std::string(longest_name, ' ') + first_values(trace.row(trace.queries, query)) + "\n";
  text += "\n2. A key k and a value v of every token, from its own x in the same way.\n";
  for (const std::size_t key : order)
    text += "   " + name_of(trace, key) + "k" +
            first_values(trace.row(trace.keys, static_cast<std::int64_t>(key))) + "\n";
  text += rows_left_out(trace, order.size());
  text += "\n3. The score of each token: the dot product q . k. 4. Scaled: divided by sqrt(head_dim).";
  if (has_biases(trace)) text += "\n   Then biased: " + bias_text(trace) + ".";
  text += "\n5. Softmax: exp(score) divided by the sum of them, so that all are positive and sum to 1.\n";
  text += scores_table(trace, row, order);
  text += "\n6. The value v of each token, times its softmax.\n" + weighted_values(trace, row, order);
  text +=
      "\n7. z: their sum, over all tokens. It goes on to the output projection, beside the other heads' z.\n "
      "  z" +
      std::string(longest_name, ' ') + first_values(row.output) + "\n   engine" +
      std::string(longest_name - 5, ' ') + first_values(trace.row(trace.context, query)) + "\n\n";
  return text + check_text(differences, trace);
}

namespace {

/// Prints a matrix with a row for each token.
template <class RowOf>
std::string matrix(const AttentionTrace& trace, const std::string& title, std::int64_t wide, RowOf row_of) {
  const auto tokens = static_cast<std::int64_t>(trace.tokens.size());
  const std::size_t shown = std::min(trace.tokens.size(), shown_rows);
  std::string text = "\n" + title + "  [" + shape(tokens, wide) + "]\n";
  for (std::size_t token = 0; token < shown; ++token)
    text += "   " + name_of(trace, token) + first_values(row_of(static_cast<std::int64_t>(token))) + "\n";
  return text + rows_left_out(trace, shown);
}

}  // namespace

std::string explain_matrices(const AttentionTrace& trace) {
  const auto tokens = static_cast<std::int64_t>(trace.tokens.size());
  std::vector<TextbookRow> rows;
  Differences differences;
  for (std::int64_t query = 0; query < tokens; ++query) {
    rows.push_back(textbook_row(trace, query));
    differences.add(trace, query, rows.back());
  }
  const auto stored = [&](const std::vector<float>& values) {
    return [&trace, &values](std::int64_t row) { return trace.row(values, row); };
  };
  const auto computed = [&](std::vector<double> TextbookRow::*step) {
    return [&rows, step](std::int64_t row) { return rows[static_cast<std::size_t>(row)].*step; };
  };
  std::string text = "Attention of all tokens, " + heading(trace);
  text += matrix(trace, "1. X, what enters the attention", trace.width, stored(trace.input));
  const std::string rotated = trace.attention.rotary ? ", each row rotated by its position (RoPE)" : "";
  text +=
      matrix(trace, "2. Q = X W_Q^T" + bias_of(trace, "Q") + rotated, trace.head_dim, stored(trace.queries));
  text += matrix(trace, "   K = X W_K^T" + bias_of(trace, "K") + rotated, trace.head_dim, stored(trace.keys));
  text += matrix(trace, "   V = X W_V^T" + bias_of(trace, "V"), trace.head_dim, stored(trace.values));
  text += matrix(trace, "3. Q K^T", tokens, computed(&TextbookRow::dots));
  text += matrix(trace, "4. Q K^T / sqrt(head_dim)", tokens, computed(&TextbookRow::scaled));
  if (has_biases(trace))
    text += matrix(trace, "   Then biased: " + bias_text(trace), tokens, computed(&TextbookRow::biased));
  text += matrix(trace, "5. softmax of each row", tokens, computed(&TextbookRow::probabilities));
  text += matrix(trace,
                 has_biases(trace) ? "6. Z = softmax(biased) V" : "6. Z = softmax(Q K^T / sqrt(head_dim)) V",
                 trace.head_dim, computed(&TextbookRow::output));
  return text + "\n" + check_text(differences, trace);
}

}  // namespace saccade::command
