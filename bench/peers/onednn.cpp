// oneDNN's primitives in a row: a product scaled and, where pairs are hidden,
// masked by its post-ops, a softmax in place, a product. The mask is made once.
// Both major versions that distributions have are served.

#include <omp.h>

#include <limits>
#include <memory>

#include "onednn_primitives.hpp"
#include "peer.hpp"

namespace {

using namespace saccade::bench;
using dnnl::memory;

class Attention {
 public:
  Attention(const AttentionShape& s, const AttentionInputs& inputs, std::vector<float>& out)
      : stream_(engine_) {
    const memory::dims q = {s.batch, s.heads, s.queries, s.head_dim},
                       k = {s.batch, s.heads, s.keys, s.head_dim};
    const memory::desc q_desc = plain(q), v_desc = plain(k),
                       score_desc = plain({s.batch, s.heads, s.queries, s.keys}),
                       mask_desc = plain({s.batch, 1, s.queries, s.keys});
    const memory::desc transposed(
        {s.batch, s.heads, s.head_dim, s.keys}, memory::data_type::f32,
        memory::dims{s.heads * s.keys * s.head_dim, s.keys * s.head_dim, 1, s.head_dim});
    const bool masked = s.mask != MaskKind::full;
    const float scale = 1.0f / std::sqrt(static_cast<float>(s.head_dim));
    scores_ = dnnl::matmul(
        matmul_desc(engine_, q_desc, transposed, score_desc, scaled(scale, masked ? &mask_desc : nullptr)));
    softmax_ = make_softmax(engine_, score_desc);
    mix_ = dnnl::matmul(matmul_desc(engine_, score_desc, v_desc, q_desc));

    const memory score_memory(score_desc, engine_);
    score_arguments_ = {{DNNL_ARG_SRC, borrow(q_desc, engine_, inputs.q.data())},
                        {DNNL_ARG_WEIGHTS, borrow(transposed, engine_, inputs.k.data())},
                        {DNNL_ARG_DST, score_memory}};
    if (masked) {
      make_mask(s);
      score_arguments_[DNNL_ARG_ATTR_MULTIPLE_POST_OP(1) | DNNL_ARG_SRC_1] =
          borrow(mask_desc, engine_, mask_.data());
    }
    softmax_arguments_ = {{DNNL_ARG_SRC, score_memory}, {DNNL_ARG_DST, score_memory}};
    mix_arguments_ = {{DNNL_ARG_SRC, score_memory},
                      {DNNL_ARG_WEIGHTS, borrow(v_desc, engine_, inputs.v.data())},
                      {DNNL_ARG_DST, memory(q_desc, engine_, out.data())}};
  }

  void run() {
    scores_.execute(stream_, score_arguments_);
    softmax_.execute(stream_, softmax_arguments_);
    mix_.execute(stream_, mix_arguments_);
    stream_.wait();
  }

 private:
  /// One for each sequence: oneDNN 2 is slow where sequences share one.
  void make_mask(const AttentionShape& s) {
    mask_.reserve(static_cast<std::size_t>(s.batch * s.queries * s.keys));
    for (std::int64_t row = 0; row < s.batch * s.queries; ++row)
      for (std::int64_t j = 0; j < s.keys; ++j)
        mask_.push_back(s.sees(row % s.queries, j) ? 0.0f : -std::numeric_limits<float>::infinity());
  }

  dnnl::engine engine_ = dnnl::engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream_;
  dnnl::matmul scores_, mix_;
  dnnl::softmax_forward softmax_;
  DnnlArguments score_arguments_, softmax_arguments_, mix_arguments_;
  std::vector<float> mask_;
};

}  // namespace

int main(int argc, char** argv) {
  const PeerCall call = read_call(argc, argv);
  omp_set_num_threads(call.threads);
  return run_peer("onednn-primitives", dnnl_version_text(), call,
                  [](const AttentionShape& s, const AttentionInputs& inputs, std::vector<float>& out) {
                    const auto attention = std::make_shared<Attention>(s, inputs, out);
                    return PreparedCall{[attention] { attention->run(); }};
                  });
}
