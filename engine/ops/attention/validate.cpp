#include "ops/attention/validate.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "core/checked.hpp"
#include "core/require.hpp"

namespace saccade::ops {
namespace {

/// A head's vector is packed in fp32 beside up to fifteen others.
constexpr std::int64_t panel_bytes = 16 * static_cast<std::int64_t>(sizeof(float));

}  // namespace

void validate(Offsets offsets, std::int64_t tokens) {
  if (offsets.empty()) core::fail("offsets are empty; expected the number of sequences + 1 values");
  if (offsets.front() != 0) core::fail("offsets[0] is " + core::to_text(offsets.front()) + "; expected 0");
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] < offsets[i - 1])
      core::fail("offsets[" + std::to_string(i) + "] is " + core::to_text(offsets[i]) + ", below offsets[" +
                 std::to_string(i - 1) + "] = " + core::to_text(offsets[i - 1]) +
                 "; expected ascending values");
  }
  if (offsets.back() != tokens)
    core::fail("offsets end at " + core::to_text(offsets.back()) + "; expected " + core::to_text(tokens) +
               ", the number of tokens");
}

void validate(const ConstMatrixView& view, std::string_view name) {
  core::require_not_negative(name, ".rows", view.rows);
  core::require_not_negative(name, ".columns", view.columns);
  if (view.rows == 0 || view.columns == 0) return;
  if (view.data == nullptr) core::fail(name, ".data is null");
  if (view.rows > 1 && view.row_stride < view.columns)
    core::fail(name, ".row_stride is " + core::to_text(view.row_stride) + "; expected at least its " +
                         core::to_text(view.columns) + " columns");
  core::require_addressable(name, view.rows, view.row_stride);
}

void validate(const ConstHeadsView& view, std::string_view name) {
  core::require_not_negative(name, ".tokens", view.tokens);
  if (view.heads < 1) core::fail(name, ".heads is " + core::to_text(view.heads) + "; expected 1 or more");
  if (view.head_dim < 1)
    core::fail(name, ".head_dim is " + core::to_text(view.head_dim) + "; expected 1 or more");
  core::require_floating(name, view.type);
  core::require_not_negative(name, ".sequence_stride", view.sequence_stride);
  if (view.tokens == 0) return;
  if (view.data == nullptr) core::fail(name, ".data is null");
  core::require_not_negative(name, ".token_stride", view.token_stride);
  core::require_not_negative(name, ".head_stride", view.head_stride);
  core::require_addressable(name, view.tokens, view.token_stride);
  core::require_addressable(name, view.heads, view.head_stride);
  const auto vectors = core::checked_multiply(view.tokens, view.heads);
  if (!vectors || *vectors > std::numeric_limits<std::int64_t>::max() / panel_bytes / view.head_dim)
    core::fail(name, " has " + core::to_text(view.tokens) + " tokens of " + core::to_text(view.heads) +
                         " heads of " + core::to_text(view.head_dim) + " values, more than memory can hold");
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
    core::fail(name, " has strides of " + core::to_text(token_stride) + " (tokens) and " +
                         core::to_text(head_stride) + " (heads), which lay vectors of " +
                         core::to_text(size) + " values over one another");
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
    core::fail(name, ".sequence_stride is " + core::to_text(view.sequence_stride) +
                         "; expected at least the " + core::to_text(extent) +
                         " elements of the longest sequence");
}

void validate_log_sum_exp(const HeadsView& view, std::int64_t tokens, std::int64_t heads, Offsets offsets) {
  if (view.data == nullptr) return;
  validate(view, "log_sum_exp");
  core::require_equal("log_sum_exp.tokens", view.tokens, "q.tokens", tokens);
  core::require_equal("log_sum_exp.heads", view.heads, "q.heads", heads);
  core::require_equal("log_sum_exp.head_dim", view.head_dim, "one value a row", 1);
  require_distinct(view, "log_sum_exp", offsets);
}

void validate(const Window& window) {
  core::require_not_negative("window", ".left", window.left);
  core::require_not_negative("window", ".right", window.right);
}

}  // namespace saccade::ops
