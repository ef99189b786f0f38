#include "ops/validate.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

#include "core/as_size.hpp"
#include "core/checked.hpp"
#include "saccade/error.hpp"

namespace saccade::ops {
namespace {

using core::as_size;

/// A head's vector is packed in fp32 beside up to fifteen others.
constexpr std::int64_t panel_bytes = 16 * static_cast<std::int64_t>(sizeof(float));

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorCode::invalid_argument, message);
}

std::string text(std::int64_t n) {
  return std::to_string(n);
}

// Names are views and messages are put together where something fails only: valid calls allocate nothing.

[[noreturn]] void fail(std::string_view name, const std::string& what_is_wrong) {
  fail(std::string(name) + what_is_wrong);
}

void require_not_negative(std::string_view name, std::string_view member, std::int64_t n) {
  if (n < 0) fail(name, std::string(member) + " is " + text(n) + "; expected 0 or more");
}

/// Elements from the first to the last of `count` vectors `stride` apart must be addressable.
void require_addressable(std::string_view name, std::int64_t count, std::int64_t stride) {
  const auto elements = core::checked_multiply(count, stride);
  if (!elements || !core::checked_multiply<std::int64_t>(*elements, sizeof(float)))
    fail(name,
         " has " + text(count) + " vectors " + text(stride) + " elements apart, more than memory can hold");
}

std::string request_name(std::size_t request) {
  return "probabilities[" + std::to_string(request) + "]";
}

void validate_heads(const ProbabilitiesRequest& request, std::size_t number, std::int64_t heads) {
  for (std::size_t i = 0; i < request.heads.size(); ++i) {
    const std::int32_t head = request.heads[i];
    if (head < 0 || head >= heads) fail(request_name(number), ": head " + text(head) + " of " + text(heads));
    if (std::find(request.heads.begin(), request.heads.begin() + static_cast<std::ptrdiff_t>(i), head) !=
        request.heads.begin() + static_cast<std::ptrdiff_t>(i))
      fail(request_name(number), ": head " + text(head) + " is asked for twice");
  }
}

}  // namespace

void require_equal(std::string_view what, std::int64_t got, std::string_view expected_what,
                   std::int64_t expected) {
  if (got != expected)
    fail(what, " is " + text(got) + "; expected " + text(expected) + ", as " + std::string(expected_what));
}

void validate(Offsets offsets, std::int64_t tokens) {
  if (offsets.empty()) fail("offsets are empty; expected the number of sequences + 1 values");
  if (offsets.front() != 0) fail("offsets[0] is " + text(offsets.front()) + "; expected 0");
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] < offsets[i - 1])
      fail("offsets[" + std::to_string(i) + "] is " + text(offsets[i]) + ", below offsets[" +
           std::to_string(i - 1) + "] = " + text(offsets[i - 1]) + "; expected ascending values");
  }
  if (offsets.back() != tokens)
    fail("offsets end at " + text(offsets.back()) + "; expected " + text(tokens) + ", the number of tokens");
}

void validate(const ConstMatrixView& view, std::string_view name) {
  require_not_negative(name, ".rows", view.rows);
  require_not_negative(name, ".columns", view.columns);
  if (view.rows == 0 || view.columns == 0) return;
  if (view.data == nullptr) fail(name, ".data is null");
  if (view.rows > 1 && view.row_stride < view.columns)
    fail(name, ".row_stride is " + text(view.row_stride) + "; expected at least its " + text(view.columns) +
                   " columns");
  require_addressable(name, view.rows, view.row_stride);
}

void validate(const ConstHeadsView& view, std::string_view name) {
  require_not_negative(name, ".tokens", view.tokens);
  if (view.heads < 1) fail(name, ".heads is " + text(view.heads) + "; expected 1 or more");
  if (view.head_dim < 1) fail(name, ".head_dim is " + text(view.head_dim) + "; expected 1 or more");
  if (view.tokens == 0) return;
  if (view.data == nullptr) fail(name, ".data is null");
  require_not_negative(name, ".token_stride", view.token_stride);
  require_not_negative(name, ".head_stride", view.head_stride);
  require_addressable(name, view.tokens, view.token_stride);
  require_addressable(name, view.heads, view.head_stride);
  const auto vectors = core::checked_multiply(view.tokens, view.heads);
  if (!vectors || *vectors > std::numeric_limits<std::int64_t>::max() / panel_bytes / view.head_dim)
    fail(name, " has " + text(view.tokens) + " tokens of " + text(view.heads) + " heads of " +
                   text(view.head_dim) + " values, more than memory can hold");
}

/// Tasks write different heads and tokens at once, so no two vectors may share an element.
void validate_distinct(const HeadsView& view, std::string_view name) {
  const auto apart = [](std::int64_t count, std::int64_t stride, std::int64_t size) {
    return count <= 1 || stride >= size;
  };
  const std::int64_t token = view.heads > 1 ? view.heads * view.head_stride : view.head_dim;
  const std::int64_t head = view.tokens > 1 ? view.tokens * view.token_stride : view.head_dim;
  const bool token_major =
      apart(view.heads, view.head_stride, view.head_dim) && apart(view.tokens, view.token_stride, token);
  const bool head_major =
      apart(view.tokens, view.token_stride, view.head_dim) && apart(view.heads, view.head_stride, head);
  if (!token_major && !head_major)
    fail(name, " has strides of " + text(view.token_stride) + " (tokens) and " + text(view.head_stride) +
                   " (heads), which lay vectors of " + text(view.head_dim) + " values over one another");
}

void validate(const Window& window) {
  require_not_negative("window", ".left", window.left);
  require_not_negative("window", ".right", window.right);
}

void validate(std::span<const ProbabilitiesRequest> requests, Offsets offsets, std::int64_t heads,
              std::int64_t rows) {
  const std::int64_t sequences = static_cast<std::int64_t>(offsets.size()) - 1;
  for (std::size_t r = 0; r < requests.size(); ++r) {
    const ProbabilitiesRequest& request = requests[r];
    const std::int64_t s = request.sequence;
    if (s < 0 || s >= sequences) fail(request_name(r), ": sequence " + text(s) + " of " + text(sequences));
    if (r > 0 && s <= requests[r - 1].sequence)
      fail(request_name(r), ": sequence " + text(s) + " after sequence " + text(requests[r - 1].sequence) +
                                "; expected ascending sequences, each once");
    validate_heads(request, r, heads);
    const std::int64_t keys = offsets[as_size(s) + 1] - offsets[as_size(s)];
    const std::int64_t asked =
        request.heads.empty() ? heads : static_cast<std::int64_t>(request.heads.size());
    const std::int64_t queries = rows == 0 ? keys : rows;
    const auto map = core::checked_multiply(queries, keys);
    const auto room = map ? core::checked_multiply(*map, asked) : map;
    if (!room || request.out.size() < as_size(*room))
      fail(request_name(r), ".out has room for " + std::to_string(request.out.size()) + " values; expected " +
                                text(asked) + " heads x " + text(queries) + " queries x " + text(keys) +
                                " keys");
  }
}

void validate(const AttentionTensors& t, const AttentionOptions& options) {
  validate(t.q, "q");
  validate(t.k, "k");
  validate(t.v, "v");
  validate(t.out, "out");
  require_equal("k.tokens", t.k.tokens, "q.tokens", t.q.tokens);
  require_equal("v.tokens", t.v.tokens, "k.tokens", t.k.tokens);
  require_equal("out.tokens", t.out.tokens, "q.tokens", t.q.tokens);
  require_equal("k.heads", t.k.heads, "q.heads", t.q.heads);
  require_equal("v.heads", t.v.heads, "k.heads", t.k.heads);
  require_equal("out.heads", t.out.heads, "q.heads", t.q.heads);
  require_equal("k.head_dim", t.k.head_dim, "q.head_dim", t.q.head_dim);
  require_equal("out.head_dim", t.out.head_dim, "v.head_dim", t.v.head_dim);
  validate_distinct(t.out, "out");
  validate(t.offsets, t.q.tokens);
  validate(options.window);
  validate(options.probabilities, t.offsets, t.q.heads);
}

}  // namespace saccade::ops
