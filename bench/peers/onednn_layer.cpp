// oneDNN's primitives: onednn_layer SET THREADS [REPETITIONS]. All tokens are projected at once, without
// padding. Attention is a product scaled and, where a batch has padding, masked by its post-ops, a
// softmax in place and a product, over batches of sequences that are sorted by length and padded to the
// longest of their batch. Primitives and masks are made, and weights reordered, before anything is timed;
// moving queries, keys, values and outputs between tokens and padded batches is timed. A row for each
// size of batches. Both major versions that distributions have are served.

#include <omp.h>

#include <limits>
#include <map>
#include <memory>
#include <tuple>

#include "layer_peer.hpp"
#include "onednn_primitives.hpp"

namespace {

using namespace saccade::bench;
using dnnl::memory;

constexpr std::int64_t width = layer_width, head_dim = layer_width / layer_heads;

/// y [tokens][out] = x [tokens][width] * w [width][out], with the weights as oneDNN likes them.
class Projection {
 public:
  Projection(const dnnl::engine& engine, dnnl::stream& stream, std::int64_t tokens,
             const std::vector<float>& w)
      : engine_(engine), x_(plain({tokens, width})) {
    const auto out = static_cast<std::int64_t>(w.size()) / width;
    y_ = plain({tokens, out});
    const memory::desc any({width, out}, memory::data_type::f32, memory::format_tag::any);
    const auto desc = matmul_desc(engine, x_, any, y_);
    weights_ = memory(desc.weights_desc(), engine);
    memory from = borrow(plain({width, out}), engine, w.data());
    dnnl::reorder(from, weights_).execute(stream, from, weights_);
    stream.wait();
    product_ = dnnl::matmul(desc);
  }
  void run(dnnl::stream& stream, const float* x, float* y) {
    product_.execute(stream, {{DNNL_ARG_SRC, borrow(x_, engine_, x)},
                              {DNNL_ARG_WEIGHTS, weights_},
                              {DNNL_ARG_DST, borrow(y_, engine_, y)}});
  }

 private:
  const dnnl::engine& engine_;
  memory::desc x_, y_;
  memory weights_;
  dnnl::matmul product_;
};

/// Attention of padded batches of one shape, which read rows [sequences][tokens][3 * width] and write
/// rows [sequences][tokens][width].
class Attention {
 public:
  Attention(const dnnl::engine& engine, std::int64_t sequences, std::int64_t tokens, bool masked)
      : engine_(engine),
        q_(heads_of(sequences, tokens, 3 * width, false)),
        k_(heads_of(sequences, tokens, 3 * width, true)),
        out_(heads_of(sequences, tokens, width, false)),
        scores_(plain({sequences, layer_heads, tokens, tokens})),
        mask_(plain({sequences, 1, tokens, tokens})),
        masked_(masked) {
    const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
    score_ = dnnl::matmul(matmul_desc(engine, q_, k_, scores_, scaled(scale, masked ? &mask_ : nullptr)));
    softmax_ = make_softmax(engine, scores_);
    mix_ = dnnl::matmul(matmul_desc(engine, scores_, q_, out_));
  }

  void run(dnnl::stream& stream, const float* qkv, const float* mask, float* scores, float* out) {
    const memory score_memory = borrow(scores_, engine_, scores);
    DnnlArguments arguments = {{DNNL_ARG_SRC, borrow(q_, engine_, qkv)},
                               {DNNL_ARG_WEIGHTS, borrow(k_, engine_, qkv + width)},
                               {DNNL_ARG_DST, score_memory}};
    if (masked_) arguments[DNNL_ARG_ATTR_MULTIPLE_POST_OP(1) | DNNL_ARG_SRC_1] = borrow(mask_, engine_, mask);
    score_.execute(stream, arguments);
    softmax_.execute(stream, {{DNNL_ARG_SRC, score_memory}, {DNNL_ARG_DST, score_memory}});
    mix_.execute(stream, {{DNNL_ARG_SRC, score_memory},
                          {DNNL_ARG_WEIGHTS, borrow(q_, engine_, qkv + 2 * width)},
                          {DNNL_ARG_DST, borrow(out_, engine_, out)}});
  }

 private:
  /// The heads of rows `stride` apart as [sequences][heads][tokens][head_dim], or each head transposed.
  static memory::desc heads_of(std::int64_t sequences, std::int64_t tokens, std::int64_t stride,
                               bool transposed) {
    if (transposed)
      return {{sequences, layer_heads, head_dim, tokens},
              memory::data_type::f32,
              memory::dims{tokens * stride, head_dim, 1, stride}};
    return {{sequences, layer_heads, tokens, head_dim},
            memory::data_type::f32,
            memory::dims{tokens * stride, head_dim, stride, 1}};
  }

  const dnnl::engine& engine_;
  memory::desc q_, k_, out_, scores_, mask_;
  bool masked_;
  dnnl::matmul score_, mix_;
  dnnl::softmax_forward softmax_;
};

/// The layer over batches of a size.
class Layer {
 public:
  Layer(const LayerProblem& problem, std::int64_t size)
      : problem_(problem),
        batches_(padded_batches(problem, size)),
        to_qkv_(engine_, stream_, problem.tokens(), transposed_qkv(problem.weights, width)),
        to_output_(engine_, stream_, problem.tokens(), transposed({&problem.weights.output}, width)),
        qkv_(3 * problem.x.size()),
        context_(problem.x.size()) {
    for (const PaddedBatch& batch : batches_) prepare(batch);
  }

  void forward(float* z) {
    to_qkv_.run(stream_, problem_.x.data(), qkv_.data());
    stream_.wait();
    for (std::size_t b = 0; b < batches_.size(); ++b) attend(batches_[b], masks_[b].data());
    to_output_.run(stream_, context_.data(), z);
    stream_.wait();
  }

 private:
  using Shape = std::tuple<std::int64_t, std::int64_t, bool>;
  static Shape shape_of(const PaddedBatch& batch) {
    return {batch.sequences(), batch.longest(), !batch.full()};
  }

  void prepare(const PaddedBatch& batch) {
    auto& attention = attentions_[shape_of(batch)];
    if (!attention)
      attention = std::make_unique<Attention>(engine_, batch.sequences(), batch.longest(), !batch.full());
    masks_.push_back(batch.full() ? std::vector<float>() : mask_of(batch));
    const auto tokens = static_cast<std::size_t>(batch.padded_tokens());
    const std::size_t scores = tokens * static_cast<std::size_t>(layer_heads * batch.longest());
    if (scores_.size() < scores) scores_.resize(scores);
    if (batch.in_place || padded_context_.size() >= tokens * width) return;
    padded_qkv_.resize(3 * tokens * width);
    padded_context_.resize(tokens * width);
  }

  /// A row for each query: oneDNN 2 is slow where those of a sequence share one.
  static std::vector<float> mask_of(const PaddedBatch& batch) {
    std::vector<float> mask;
    mask.reserve(static_cast<std::size_t>(batch.padded_tokens() * batch.longest()));
    for (const std::int64_t length : batch.lengths)
      for (std::int64_t row = 0; row < batch.longest(); ++row) {
        mask.insert(mask.end(), static_cast<std::size_t>(length), 0.0f);
        mask.insert(mask.end(), static_cast<std::size_t>(batch.longest() - length),
                    -std::numeric_limits<float>::infinity());
      }
    return mask;
  }

  void attend(const PaddedBatch& batch, const float* mask) {
    Attention& attention = *attentions_.at(shape_of(batch));
    if (batch.in_place) {
      const std::int64_t first = batch.begins.front() * width;
      attention.run(stream_, qkv_.data() + 3 * first, mask, scores_.data(), context_.data() + first);
      return;
    }
    batch.pad(qkv_.data(), 3 * width, padded_qkv_.data());
    attention.run(stream_, padded_qkv_.data(), mask, scores_.data(), padded_context_.data());
    stream_.wait();
    batch.unpad(padded_context_.data(), width, context_.data());
  }

  const LayerProblem& problem_;
  std::vector<PaddedBatch> batches_;
  dnnl::engine engine_ = dnnl::engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream_ = dnnl::stream(engine_);
  Projection to_qkv_, to_output_;
  std::map<Shape, std::unique_ptr<Attention>> attentions_;
  std::vector<std::vector<float>> masks_;
  std::vector<float> qkv_, context_, scores_, padded_qkv_, padded_context_;
};

}  // namespace

int main(int argc, char** argv) {
  return run_layer_peer("onednn-primitives", dnnl_version_text(), argc, argv, [](const LayerPeer& peer) {
    omp_set_num_threads(peer.threads());
    for (const std::int64_t size : batch_sizes(peer.problem())) {
      Layer layer(peer.problem(), size);
      peer.measure(size, [&](float* z) { layer.forward(z); });
    }
  });
}
