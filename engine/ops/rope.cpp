#include "ops/rope.hpp"

#include <limits>
#include <string>

#include "core/as_size.hpp"
#include "core/floating_point.hpp"
#include "core/power.hpp"
#include "core/require.hpp"
#include "ops/token_blocks.hpp"

namespace saccade::ops {
namespace {

/// Limit below which multiples of the first part of pi / 2 in direction() are exact.
constexpr std::int64_t max_positions = std::int64_t{1} << 20;

/// The n-th root of x >= 1 by Newton's method. It begins at 1 + (x - 1) / n, which is not below the root by
/// Bernoulli's inequality, and decreases until rounding stops it.
double root(double x, std::int64_t n) {
  const auto degree = static_cast<double>(n);
  double r = 1.0 + (x - 1.0) / degree;
  for (double next; (next = ((degree - 1.0) * r + x / core::power(r, n - 1)) / degree) < r;) r = next;
  return r;
}

struct Direction {
  double cosine, sine;
};

/// Cosine and sine of 0 <= angle <= 2^20, by the series on [-pi / 4, pi / 4] up to y^17: the remainder is
/// below 2^-54. pi / 2 is subtracted as two parts of 33 bits and the rest (Cody and Waite 1980): multiples of
/// the parts are exact.
Direction direction(double angle) {
  const auto quarter = static_cast<std::int64_t>(angle * 0x1.45f306dc9c883p-1 + 0.5);  // 2 / pi
  const auto k = static_cast<double>(quarter);
  const double y = ((angle - k * 0x1.921fb544p+0) - k * 0x1.0b4611a6p-34) - k * 0x1.3198a2e037073p-69;
  double cosine = 1.0, sine = 1.0;
  for (int n = 15; n > 0; n -= 2) {
    cosine = 1.0 - cosine * (y * y) / (n * (n + 1));
    sine = 1.0 - sine * (y * y) / ((n + 1) * (n + 2));
  }
  sine *= y;
  switch (quarter % 4) {
    case 0:
      return {cosine, sine};
    case 1:
      return {-sine, cosine};
    case 2:
      return {-cosine, -sine};
    default:
      return {sine, -cosine};
  }
}

}  // namespace

RotaryTable make_rotary_table(scheduler::ExecutionContext& state, double theta, std::int64_t dims,
                              std::int64_t positions) {
  const core::DefaultFloatingPoint environment;  // the root is computed on the caller's thread
  if (!(theta >= 1.0 && theta < std::numeric_limits<double>::infinity()))
    core::fail("theta is " + std::to_string(theta) + "; expected 1 or more");
  if (dims < 2 || dims % 2 != 0) core::fail("dims is " + std::to_string(dims) + "; expected an even number");
  if (positions < 0 || positions > max_positions)
    core::fail("positions is " + std::to_string(positions) + "; expected 0 to " +
               std::to_string(max_positions));
  RotaryTable table = {positions, dims, AlignedBuffer<float>(core::as_size(positions * dims))};
  const std::int64_t pairs = dims / 2;
  const double base = root(theta, pairs);
  scheduler::run_row_blocks(state, positions, task_tokens,
                            [&](std::int64_t first, std::int64_t count) noexcept {
                              for (std::int64_t position = first; position < first + count; ++position) {
                                float* const cosines = table.values.data() + position * dims;
                                double scale = 1.0;  // base^i
                                for (std::int64_t i = 0; i < pairs; ++i, scale *= base) {
                                  const Direction d = direction(static_cast<double>(position) / scale);
                                  cosines[i] = static_cast<float>(d.cosine);
                                  cosines[pairs + i] = static_cast<float>(d.sine);
                                }
                              }
                            });
  return table;
}

void rope(scheduler::ExecutionContext& state, const HeadsView& x, const RotaryTable& table,
          Offsets offsets) noexcept {
  run_token_blocks(state, offsets,
                   [&](std::int64_t token, std::int64_t position, std::int64_t tokens) noexcept {
                     state.kernels->rotate({.x = static_cast<float*>(x.data) + token * x.token_stride,
                                            .token_stride = x.token_stride,
                                            .head_stride = x.head_stride,
                                            .tokens = tokens,
                                            .heads = x.heads,
                                            .dims = table.dims,
                                            .table = table.values.data() + position * table.dims});
                   });
}

}  // namespace saccade::ops
