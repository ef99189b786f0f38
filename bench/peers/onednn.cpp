// oneDNN's primitives in a row: a product scaled and, where causal, masked by its post-ops, a softmax in
// place, a product. The mask is made once. Both major versions that distributions have are served.

#include <omp.h>

#include <dnnl.hpp>
#include <limits>
#include <memory>
#include <unordered_map>

#include "peer.hpp"

namespace {

using namespace saccade::bench;
using dnnl::memory;
using Arguments = std::unordered_map<int, memory>;

dnnl::matmul make_matmul(const dnnl::engine& engine, const memory::desc& a, const memory::desc& b,
                         const memory::desc& c, const dnnl::primitive_attr& attributes = {}) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::matmul(dnnl::matmul::primitive_desc(engine, a, b, c, attributes));
#else
  return dnnl::matmul(dnnl::matmul::primitive_desc(dnnl::matmul::desc(a, b, c), attributes, engine));
#endif
}

dnnl::softmax_forward make_softmax(const dnnl::engine& engine, const memory::desc& scores) {
  const auto inference = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  const auto kind = dnnl::algorithm::softmax_accurate;
  return dnnl::softmax_forward(
      dnnl::softmax_forward::primitive_desc(engine, inference, kind, scores, scores, 3));
#else
  return dnnl::softmax_forward(
      dnnl::softmax_forward::primitive_desc(dnnl::softmax_forward::desc(inference, scores, 3), engine));
#endif
}

/// Memory of the caller's that is only read.
memory borrow(const memory::desc& desc, const dnnl::engine& engine, const std::vector<float>& values) {
  return memory(desc, engine, const_cast<float*>(values.data()));
}

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
    dnnl::post_ops post_ops;
    append_scale(post_ops, 1.0f / std::sqrt(static_cast<float>(s.head_dim)));
    if (s.causal) post_ops.append_binary(dnnl::algorithm::binary_add, mask_desc);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(post_ops);
    scores_ = make_matmul(engine_, q_desc, transposed, score_desc, attributes);
    softmax_ = make_softmax(engine_, score_desc);
    mix_ = make_matmul(engine_, score_desc, v_desc, q_desc);

    const memory score_memory(score_desc, engine_);
    score_arguments_ = {{DNNL_ARG_SRC, borrow(q_desc, engine_, inputs.q)},
                        {DNNL_ARG_WEIGHTS, borrow(transposed, engine_, inputs.k)},
                        {DNNL_ARG_DST, score_memory}};
    if (s.causal) {
      make_mask(s);
      score_arguments_[DNNL_ARG_ATTR_MULTIPLE_POST_OP(1) | DNNL_ARG_SRC_1] =
          borrow(mask_desc, engine_, mask_);
    }
    softmax_arguments_ = {{DNNL_ARG_SRC, score_memory}, {DNNL_ARG_DST, score_memory}};
    mix_arguments_ = {{DNNL_ARG_SRC, score_memory},
                      {DNNL_ARG_WEIGHTS, borrow(v_desc, engine_, inputs.v)},
                      {DNNL_ARG_DST, memory(q_desc, engine_, out.data())}};
  }

  void run() {
    scores_.execute(stream_, score_arguments_);
    softmax_.execute(stream_, softmax_arguments_);
    mix_.execute(stream_, mix_arguments_);
    stream_.wait();
  }

 private:
  static memory::desc plain(const memory::dims& dims) {
    return memory::desc(dims, memory::data_type::f32, memory::format_tag::abcd);
  }
  static void append_scale(dnnl::post_ops& post_ops, float scale) {
#if DNNL_VERSION_MAJOR >= 3
    post_ops.append_eltwise(dnnl::algorithm::eltwise_linear, scale, 0.0f);
#else
    post_ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_linear, scale, 0.0f);
#endif
  }
  /// One for each sequence: oneDNN 2 is slow where sequences share one.
  void make_mask(const AttentionShape& s) {
    for (std::int64_t row = 0; row < s.batch * s.queries; ++row)
      for (std::int64_t j = 0; j < s.keys; ++j)
        mask_.push_back(j <= row % s.queries ? 0.0f : -std::numeric_limits<float>::infinity());
  }

  dnnl::engine engine_ = dnnl::engine(dnnl::engine::kind::cpu, 0);
  dnnl::stream stream_;
  dnnl::matmul scores_, mix_;
  dnnl::softmax_forward softmax_;
  Arguments score_arguments_, softmax_arguments_, mix_arguments_;
  std::vector<float> mask_;
};

}  // namespace

int main(int argc, char** argv) {
  const PeerCall call = read_call(argc, argv);
  omp_set_num_threads(call.threads);
  const dnnl_version_t& v = *dnnl_version();
  const std::string version =
      std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
  return run_peer("onednn-primitives", version, call,
                  [](const AttentionShape& s, const AttentionInputs& inputs, std::vector<float>& out) {
                    const auto attention = std::make_shared<Attention>(s, inputs, out);
                    return PreparedCall{[attention] { attention->run(); }};
                  });
}
