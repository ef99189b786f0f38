#include "ops/attention/validate.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "core/checked.hpp"
#include "ops/require.hpp"

namespace saccade::ops {
namespace {

/// A head's vector is packed in fp32 beside up to fifteen others.
constexpr std::int64_t panel_bytes = 16 * static_cast<std::int64_t>(sizeof(float));

}  // namespace

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
  require_floating(name, view.type);
  require_not_negative(name, ".sequence_stride", view.sequence_stride);
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

void require_distinct(std::string_view name, std::int64_t tokens, std::int64_t heads, std::int64_t size,
                      std::int64_t token_stride, std::int64_t head_stride) {
  if (tokens == 0) return;
  const auto apart = [](std::int64_t count, std::int64_t stride, std::int64_t of) {
    return count <= 1 || stride >= of;
  };
  const std::int64_t token = heads > 1 ? heads * head_stride : size;
  const std::int64_t head = tokens > 1 ? tokens * token_stride : size;
  const bool token_major = apart(heads, head_stride, size) && apart(tokens, token_stride, token);
  const bool head_major = apart(tokens, token_stride, size) && apart(heads, head_stride, head);
  if (!token_major && !head_major)
    fail(name, " has strides of " + text(token_stride) + " (tokens) and " + text(head_stride) +
                   " (heads), which lay vectors of " + text(size) + " values over one another");
}

void require_distinct(const HeadsView& view, std::string_view name, Offsets offsets) {
  if (view.sequence_stride == 0)
    return require_distinct(name, view.tokens, view.heads, view.head_dim, view.token_stride,
                            view.head_stride);
  std::int64_t longest = 0;
  for (std::size_t s = 1; s < offsets.size(); ++s) longest = std::max(longest, offsets[s] - offsets[s - 1]);
  require_distinct(name, longest, view.heads, view.head_dim, view.token_stride, view.head_stride);
  if (longest == 0) return;
  const std::int64_t extent =
      (longest - 1) * view.token_stride + (view.heads - 1) * view.head_stride + view.head_dim;
  if (offsets.size() > 2 && view.sequence_stride < extent)
    fail(name, ".sequence_stride is " + text(view.sequence_stride) + "; expected at least the " +
                   text(extent) + " elements of the longest sequence");
}

void validate_log_sum_exp(const HeadsView& view, std::int64_t tokens, std::int64_t heads, Offsets offsets) {
  if (view.data == nullptr) return;
  validate(view, "log_sum_exp");
  require_equal("log_sum_exp.tokens", view.tokens, "q.tokens", tokens);
  require_equal("log_sum_exp.heads", view.heads, "q.heads", heads);
  require_equal("log_sum_exp.head_dim", view.head_dim, "one value a row", 1);
  require_distinct(view, "log_sum_exp", offsets);
}

void validate(const Window& window) {
  require_not_negative("window", ".left", window.left);
  require_not_negative("window", ".right", window.right);
}

}  // namespace saccade::ops
