// What a user of OpenBLAS writes by hand: a product, a softmax, a product, for 256 rows of a head at a time,
// over the keys that one of them sees at least. Heads go to threads, or where they are too few the products
// do.

#include <cblas.h>
#include <omp.h>

#include "peer.hpp"

namespace {

using namespace saccade::bench;

constexpr std::int64_t row_block = 256;

/// `n` values become probabilities. Compiled with -ffast-math, so that the compiler makes vectors of expf.
void softmax(float* row, std::int64_t n) {
  float greatest = row[0], sum = 0;
  for (std::int64_t j = 1; j < n; ++j) greatest = std::max(greatest, row[j]);
  for (std::int64_t j = 0; j < n; ++j) sum += row[j] = std::exp(row[j] - greatest);
  for (std::int64_t j = 0; j < n; ++j) row[j] /= sum;
}

/// Of the scores of keys [first, end) those that the query sees become probabilities, the others 0. `hidden`
/// has a great negative number for each pair that does not see each other, and is null where a range says
/// all.
void masked_softmax(const AttentionShape& s, std::int64_t query, float* row, std::int64_t first,
                    std::int64_t end, const float* hidden) {
  const std::int64_t from = std::max(first, s.first_key(query)), to = s.end_key(query);
  if (hidden != nullptr)
    for (std::int64_t j = from; j < to; ++j) row[j - first] += hidden[query * s.keys + j];
  std::fill(row, row + (from - first), 0.0f);
  softmax(row + (from - first), to - from);
  std::fill(row + (to - first), row + (end - first), 0.0f);
}

struct Head {
  const float *q, *k, *v;
  float* out;
};

void attend(const AttentionShape& s, const Head& head, const float* hidden, float* scores, int row_threads) {
  const auto dim = static_cast<int>(s.head_dim);
  const float scale = 1.0f / std::sqrt(static_cast<float>(dim));
  for (std::int64_t first = 0; first < s.queries; first += row_block) {
    const std::int64_t rows = std::min(row_block, s.queries - first);
    const std::int64_t first_key = s.first_key(first), end_key = s.end_key(first + rows - 1);
    const int m = static_cast<int>(rows), n = static_cast<int>(end_key - first_key);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, dim, scale, head.q + first * dim, dim,
                head.k + first_key * dim, dim, 0.0f, scores, n);
#pragma omp parallel for num_threads(row_threads) if (row_threads > 1)
    for (std::int64_t i = 0; i < rows; ++i)
      masked_softmax(s, first + i, scores + i * n, first_key, end_key, hidden);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, dim, n, 1.0f, scores, n,
                head.v + first_key * dim, dim, 0.0f, head.out + first * dim, dim);
  }
}

/// The additive mask of a shape whose ranges do not say all.
std::vector<float> hidden_pairs(const AttentionShape& s) {
  std::vector<float> hidden;
  if (s.mask != MaskKind::random) return hidden;
  for (std::int64_t i = 0; i < s.queries; ++i)
    for (std::int64_t j = 0; j < s.keys; ++j) hidden.push_back(s.sees(i, j) ? 0.0f : -1e30f);
  return hidden;
}

/// "0.3.21" of "OpenBLAS 0.3.21 NO_LAPACKE ...".
std::string version_of(const std::string& config) {
  const std::size_t begin = config.find(' ') + 1;
  return config.substr(begin, config.find(' ', begin) - begin);
}

}  // namespace

int main(int argc, char** argv) {
  const PeerCall call = read_call(argc, argv);
  const std::int64_t heads = call.shape.batch * call.shape.heads;
  const bool by_heads = heads >= call.threads;
  const int head_threads = by_heads ? call.threads : 1, product_threads = by_heads ? 1 : call.threads;
  openblas_set_num_threads(product_threads);
  const std::size_t block =
      static_cast<std::size_t>(std::min(row_block, call.shape.queries) * call.shape.keys);
  std::vector<float> scores(block * static_cast<std::size_t>(head_threads));
  const std::vector<float> hidden = hidden_pairs(call.shape);
  const auto attend_all = [&](const AttentionShape& s, const AttentionInputs& inputs,
                              std::vector<float>& out) {
#pragma omp parallel for num_threads(head_threads) schedule(dynamic) if (head_threads > 1)
    for (std::int64_t h = 0; h < heads; ++h) {
      const std::int64_t q = h * s.queries * s.head_dim, k = h * s.keys * s.head_dim;
      const Head head = {inputs.q.data() + q, inputs.k.data() + k, inputs.v.data() + k, out.data() + q};
      attend(s, head, hidden.empty() ? nullptr : hidden.data(),
             &scores[block * static_cast<std::size_t>(omp_get_thread_num())], product_threads);
    }
  };
  return run_peer("openblas-by-hand", version_of(openblas_get_config()), call,
                  [&](const AttentionShape& s, const AttentionInputs& inputs, std::vector<float>& out) {
                    return PreparedCall{[&, s] { attend_all(s, inputs, out); }};
                  });
}
