// What a user of OpenBLAS writes by hand: a product, a softmax, a product, for 256 rows of a head at a time.
// Heads go to threads, or where they are too few the products do.

#include <cblas.h>
#include <omp.h>

#include "peer.hpp"

namespace {

using namespace saccade::bench;

constexpr std::int64_t row_block = 256;

/// The first `seen` of `n` values become probabilities, the others 0. Compiled with -ffast-math, so that the
/// compiler makes vectors of expf.
void softmax(float* row, std::int64_t seen, std::int64_t n) {
  float greatest = row[0], sum = 0;
  for (std::int64_t j = 1; j < seen; ++j) greatest = std::max(greatest, row[j]);
  for (std::int64_t j = 0; j < seen; ++j) sum += row[j] = std::exp(row[j] - greatest);
  for (std::int64_t j = 0; j < seen; ++j) row[j] /= sum;
  std::fill(row + seen, row + n, 0.0f);
}

struct Head {
  const float *q, *k, *v;
  float* out;
};

void attend(const AttentionShape& s, const Head& head, float* scores, int row_threads) {
  const auto dim = static_cast<int>(s.head_dim);
  const float scale = 1.0f / std::sqrt(static_cast<float>(dim));
  for (std::int64_t first = 0; first < s.queries; first += row_block) {
    const std::int64_t rows = std::min(row_block, s.queries - first);
    const std::int64_t keys = s.causal ? first + rows : s.keys;
    const int m = static_cast<int>(rows), n = static_cast<int>(keys);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, dim, scale, head.q + first * dim, dim, head.k,
                dim, 0.0f, scores, n);
#pragma omp parallel for num_threads(row_threads) if (row_threads > 1)
    for (std::int64_t i = 0; i < rows; ++i) softmax(scores + i * keys, s.causal ? first + i + 1 : keys, keys);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, dim, n, 1.0f, scores, n, head.v, dim, 0.0f,
                head.out + first * dim, dim);
  }
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
  const auto attend_all = [&](const AttentionShape& s, const AttentionInputs& inputs,
                              std::vector<float>& out) {
#pragma omp parallel for num_threads(head_threads) schedule(dynamic) if (head_threads > 1)
    for (std::int64_t h = 0; h < heads; ++h) {
      const std::int64_t q = h * s.queries * s.head_dim, k = h * s.keys * s.head_dim;
      const Head head = {inputs.q.data() + q, inputs.k.data() + k, inputs.v.data() + k, out.data() + q};
      attend(s, head, &scores[block * static_cast<std::size_t>(omp_get_thread_num())], product_threads);
    }
  };
  return run_peer("openblas-by-hand", version_of(openblas_get_config()), call,
                  [&](const AttentionShape& s, const AttentionInputs& inputs, std::vector<float>& out) {
                    return PreparedCall{[&, s] { attend_all(s, inputs, out); }};
                  });
}
