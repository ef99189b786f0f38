// What a user of OpenBLAS writes by hand: openblas_layer SET THREADS [REPETITIONS]. Tokens of all sequences
// are multiplied at once, without padding; then, a sequence and head at a time, a product, a softmax, a
// product. All threads are OpenMP's, so that none of OpenBLAS's own wait for work beside them.

#include <cblas.h>
#include <omp.h>

#include "layer_peer.hpp"

namespace {

using namespace saccade::bench;

constexpr int width = layer_width, head_dim = layer_width / layer_heads;
constexpr std::int64_t row_block = 256;

/// `n` values become probabilities. Compiled with -ffast-math, so that the compiler makes vectors of expf.
void softmax(float* row, std::int64_t n) {
  float greatest = row[0], sum = 0;
  for (std::int64_t j = 1; j < n; ++j) greatest = std::max(greatest, row[j]);
  for (std::int64_t j = 0; j < n; ++j) sum += row[j] = std::exp(row[j] - greatest);
  const float factor = 1.0f / sum;
  for (std::int64_t j = 0; j < n; ++j) row[j] *= factor;
}

/// Part `part` of `parts` of n things, in whole lines of the cache.
struct Share {
  Share(std::int64_t n, int part, int parts)
      : first(border(n, part, parts)), count(static_cast<int>(border(n, part + 1, parts) - first)) {}
  std::int64_t first;
  int count;

 private:
  static std::int64_t border(std::int64_t n, int part, int parts) {
    return part == parts ? n : n * part / parts / 16 * 16;
  }
};

class Layer {
 public:
  Layer(const LayerProblem& problem, int threads)
      : problem_(problem),
        threads_(threads),
        qkv_weights_(transposed_qkv(problem.weights, width)),
        output_weights_(transposed({&problem.weights.output}, width)),
        qkv_(3 * problem.x.size()),
        context_(problem.x.size()) {
    for (const PaddedBatch& one : padded_batches(problem, 1)) sequences_.push_back(one);
    const std::int64_t longest = sequences_.front().longest();
    block_ = static_cast<std::size_t>(std::min(row_block, longest) * longest);
    scores_.resize(block_ * static_cast<std::size_t>(threads));
  }

  void forward(float* z) {
    multiply(problem_.x.data(), qkv_weights_.data(), 3 * width, qkv_.data());
    attend_all();
    multiply(context_.data(), output_weights_.data(), width, z);
  }

 private:
  /// y [tokens][columns] = x [tokens][width] * w: of many tokens some to each thread, of few some columns.
  void multiply(const float* x, const float* w, int columns, float* y) const {
#pragma omp parallel num_threads(threads_) if (threads_ > 1)
    {
      const int part = omp_get_thread_num();
      const bool by_tokens = problem_.tokens() >= 64 * threads_;
      const Share rows(problem_.tokens(), by_tokens ? part : 0, by_tokens ? threads_ : 1);
      const Share some(columns, by_tokens ? 0 : part, by_tokens ? 1 : threads_);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows.count, some.count, width, 1.0f,
                  x + rows.first * width, width, w + some.first, columns, 0.0f,
                  y + rows.first * columns + some.first, columns);
    }
  }

  /// Longest first, so that no thread is left with a long one at the end.
  void attend_all() {
    const auto sequences = static_cast<std::int64_t>(sequences_.size());
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(threads_) if (threads_ > 1)
    for (std::int64_t s = 0; s < sequences; ++s)
      for (std::int64_t head = 0; head < layer_heads; ++head)
        attend(sequences_[static_cast<std::size_t>(s)], head,
               &scores_[block_ * static_cast<std::size_t>(omp_get_thread_num())]);
  }

  void attend(const PaddedBatch& sequence, std::int64_t head, float* scores) {
    const std::int64_t begin = sequence.begins.front(), column = head * head_dim;
    const float* const q = qkv_.data() + begin * 3 * width + column;
    float* const context = context_.data() + begin * width + column;
    const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
    const int n = static_cast<int>(sequence.longest());
    for (std::int64_t first = 0; first < n; first += row_block) {
      const int rows = static_cast<int>(std::min(row_block, n - first));
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, n, head_dim, scale, q + first * 3 * width,
                  3 * width, q + width, 3 * width, 0.0f, scores, n);
      for (std::int64_t i = 0; i < rows; ++i) softmax(scores + i * n, n);
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, head_dim, n, 1.0f, scores, n,
                  q + 2 * width, 3 * width, 0.0f, context + first * width, width);
    }
  }

  const LayerProblem& problem_;
  int threads_;
  std::vector<float> qkv_weights_, output_weights_;
  std::vector<float> qkv_, context_, scores_;
  std::vector<PaddedBatch> sequences_;
  std::size_t block_ = 0;
};

/// "0.3.21" of "OpenBLAS 0.3.21 NO_LAPACKE ...".
std::string version_of(const std::string& config) {
  const std::size_t begin = config.find(' ') + 1;
  return config.substr(begin, config.find(' ', begin) - begin);
}

}  // namespace

int main(int argc, char** argv) {
  openblas_set_num_threads(1);
  return run_layer_peer("openblas-by-hand", version_of(openblas_get_config()), argc, argv,
                        [](const LayerPeer& peer) {
                          Layer layer(peer.problem(), peer.threads());
                          peer.measure(0, [&](float* z) { layer.forward(z); });
                        });
}
