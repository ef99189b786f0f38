#include "ops/similarity.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

#include "core/as_size.hpp"
#include "core/carver.hpp"
#include "core/require.hpp"
#include "ops/attention/validate.hpp"
#include "scheduler/parallel.hpp"
#include "scheduler/scratch.hpp"

namespace saccade::ops {
namespace {

using core::as_size;
using kernels::matmul_rows;

/// Scores that a task computes at once for each of its rows; with rows and scores it stays in L2.
constexpr std::int64_t score_columns = 256;

/// The norm of a vector, in double precision: the squares of fp32 values neither overflow nor underflow
/// there. Not finite where a value is not. The squares are exact, so that a fused multiply-add gives the same
/// bits; sixteen chains of additions, so that the compiler vectorizes them.
double norm_of(const float* x, std::int64_t width) noexcept {
  double sums[16] = {};
  std::int64_t k = 0;
  for (; k + 16 <= width; k += 16) {
    for (int lane = 0; lane < 16; ++lane) {
      const double value = static_cast<double>(x[k + lane]);
      sums[lane] += value * value;
    }
  }
  for (int lane = 0; k < width; ++k, ++lane) {
    const double value = static_cast<double>(x[k]);
    sums[lane] += value * value;
  }
  for (int half = 8; half > 0; half /= 2)
    for (int lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return std::sqrt(sums[0]);
}

/// Whether fp32 products with a vector of norm 1 are far from overflow and underflow; true for a vector of
/// zeros.
bool is_safe(double norm) noexcept {
  return norm == 0 || (norm >= 0x1p-40 && norm <= 0x1p40);
}

/// The rows as the product takes them: themselves, or, where one has a norm that is not safe, copies in
/// `scaled` of which those are multiplied by a power of two, as their norms are.
ConstMatrixView scale_unsafe_rows(ConstMatrixView rows, double* norms, float* scaled) noexcept {
  if (std::all_of(norms, norms + rows.rows, is_safe)) return rows;
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    int exponent = 0;
    if (!is_safe(norms[i])) norms[i] = std::frexp(norms[i], &exponent);
    for (std::int64_t k = 0; k < rows.columns; ++k)
      scaled[i * rows.columns + k] = std::scalbn(rows.data[i * rows.row_stride + k], -exponent);
  }
  return {scaled, rows.rows, rows.columns, rows.columns};
}

/// Work memory of one thread slot.
struct Workspace {
  float *scores, *scaled, *product;
  double* norms;

  Workspace(core::Carver& carver, std::int64_t width)
      : scores(carver.take<float>(as_size(matmul_rows * score_columns))),
        scaled(carver.take<float>(as_size(matmul_rows * width))),
        product(carver.take<float>(as_size(kernels::matmul_scratch(width)))),
        norms(carver.take<double>(as_size(matmul_rows))) {}

  static std::size_t bytes(std::int64_t width) {
    core::Carver carver;
    const Workspace workspace(carver, width);
    return carver.used();
  }
};

/// Divides the queries by their norms and packs them as the right operand of a product.
PackedWeights pack_queries(scheduler::ExecutionContext& context, ConstMatrixView queries) {
  std::vector<float> unit;
  unit.reserve(as_size(queries.rows * queries.columns));
  for (std::int64_t i = 0; i < queries.rows; ++i) {
    const float* const query = queries.data + i * queries.row_stride;
    const double norm = norm_of(query, queries.columns);
    for (std::int64_t k = 0; k < queries.columns; ++k)
      unit.push_back(norm == 0 ? 0.0f : static_cast<float>(static_cast<double>(query[k]) / norm));
  }
  return pack_weights(context, std::array{LinearView{.weight = {unit.data(), StorageType::f32, queries.rows,
                                                                queries.columns, queries.columns},
                                                     .bias = {}}});
}

/// The cosine: the product of a row and a unit query, divided by the row's norm. Rounding may make it
/// slightly more than 1.
float score_of(float product, double norm) noexcept {
  return norm == 0 ? 0.0f : static_cast<float>(std::clamp(static_cast<double>(product) / norm, -1.0, 1.0));
}

bool ranks_before(const SimilarRow& a, const SimilarRow& b) noexcept {
  return a.score != b.score ? a.score > b.score : a.row < b.row;
}

void lower_to(std::atomic<std::int64_t>& least, std::int64_t value) noexcept {
  std::int64_t before = least.load();
  while (value < before && !least.compare_exchange_weak(before, value)) {
  }
}

}  // namespace

SimilaritySearch::SimilaritySearch(scheduler::ExecutionContext& context, ConstMatrixView queries,
                                   std::int64_t count)
    : context_(context),
      width_(queries.columns),
      count_(count),
      queries_(queries.rows),
      packed_(pack_queries(context, queries)),
      heaps_(as_size(context.threads * queries.rows)) {}

/// Makes room for all rows that may be kept, since tasks must not allocate.
void SimilaritySearch::reserve(std::int64_t new_rows) {
  for (Heap& heap : heaps_) {
    const std::size_t most = as_size(std::min(count_, static_cast<std::int64_t>(heap.size()) + new_rows));
    if (heap.capacity() < most) heap.reserve(std::min(as_size(count_), std::max(most, 2 * heap.capacity())));
  }
}

void SimilaritySearch::keep(const float* products, const double* norms, std::int64_t rows,
                            std::int64_t columns, std::int64_t first, std::span<Heap> heaps) const noexcept {
  for (std::int64_t i = 0; i < rows; ++i, products += score_columns) {
    for (std::int64_t query = 0; query < columns; ++query) {
      Heap& heap = heaps[as_size(query)];
      const SimilarRow row = {score_of(products[query], norms[i]), first + i};
      if (static_cast<std::int64_t>(heap.size()) == count_) {
        if (!ranks_before(row, heap.front())) continue;
        std::pop_heap(heap.begin(), heap.end(), ranks_before);
        heap.pop_back();
      }
      heap.push_back(row);
      std::push_heap(heap.begin(), heap.end(), ranks_before);
    }
  }
}

std::int64_t SimilaritySearch::compare(ConstMatrixView rows, std::int64_t first, std::byte* workspace,
                                       std::span<Heap> heaps) const noexcept {
  core::Carver carver(workspace);
  const Workspace w(carver, width_);
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    w.norms[i] = norm_of(rows.data + i * rows.row_stride, width_);
    if (!std::isfinite(w.norms[i])) return i;
  }
  const ConstMatrixView left = scale_unsafe_rows(rows, w.norms, w.scaled);
  for (std::int64_t column = 0; column < queries_; column += score_columns) {
    const std::int64_t columns = std::min(score_columns, queries_ - column);
    context_.kernels->matmul_block({.left = left.data,
                                    .left_row_stride = left.row_stride,
                                    .rows = left.rows,
                                    .panels = packed_.panels_from(column),
                                    .depth = width_,
                                    .columns = columns,
                                    .out = w.scores,
                                    .out_stride = score_columns,
                                    .epilogue = {},
                                    .scratch = w.product});
    keep(w.scores, w.norms, left.rows, columns, first, heaps.subspan(as_size(column)));
  }
  return rows.rows;
}

std::optional<std::int64_t> SimilaritySearch::add(ConstMatrixView rows, std::int64_t first) {
  reserve(rows.rows);
  const std::size_t bytes = Workspace::bytes(width_);
  scheduler::ScratchPool::Lease lease(context_.scratch, bytes * as_size(context_.threads));
  std::atomic<std::int64_t> first_bad = rows.rows;
  const auto run = [&](std::size_t task, int slot) noexcept {
    const std::int64_t begin = static_cast<std::int64_t>(task) * matmul_rows;
    const std::int64_t count = std::min(matmul_rows, rows.rows - begin);
    const std::int64_t compared =
        compare({rows.data + begin * rows.row_stride, count, width_, rows.row_stride}, first + begin,
                lease.memory() + as_size(slot) * bytes,
                std::span(heaps_).subspan(as_size(slot * queries_), as_size(queries_)));
    if (compared < count) lower_to(first_bad, begin + compared);
  };
  scheduler::run_tasks(context_, as_size(kernels::blocks_of(rows.rows, matmul_rows)), run);
  if (first_bad < rows.rows) return first_bad.load();
  return std::nullopt;
}

std::vector<std::vector<SimilarRow>> SimilaritySearch::best() const {
  std::vector<std::vector<SimilarRow>> all(as_size(queries_));
  for (std::size_t query = 0; query < all.size(); ++query) {
    std::vector<SimilarRow>& best = all[query];
    for (std::size_t heap = query; heap < heaps_.size(); heap += all.size())
      best.insert(best.end(), heaps_[heap].begin(), heaps_[heap].end());
    std::sort(best.begin(), best.end(), ranks_before);
    best.resize(std::min(best.size(), as_size(count_)));
  }
  return all;
}

void validate_similarity(ConstMatrixView queries, std::int64_t count) {
  validate(queries, "queries");
  if (queries.columns < 1) core::fail("queries.columns is 0; expected 1 or more");
  if (count < 1) core::fail("count is " + core::to_text(count) + "; expected 1 or more");
  for (std::int64_t i = 0; i < queries.rows; ++i) {
    const float* const query = queries.data + i * queries.row_stride;
    if (!std::all_of(query, query + queries.columns, [](float x) { return std::isfinite(x); }))
      core::fail(core::item("queries", as_size(i)) + " has a value that is not finite");
  }
}

void validate_vectors(ConstMatrixView vectors, ConstMatrixView queries) {
  validate(vectors, "vectors");
  core::require_equal("vectors.columns", vectors.columns, "queries.columns", queries.columns);
}

}  // namespace saccade::ops
