// ONNX Runtime's attention operators: Attention of the ONNX standard, and its own MultiHeadAttention, whose
// kernel is fused. The library is loaded from $ONNXRUNTIME_LIBRARY; inputs and outputs are bound once, in the
// layout that an operator wants.

#include <memory>

#include "onnx_model.hpp"
#include "onnxruntime_library.hpp"
#include "peer.hpp"

namespace {

using namespace saccade::bench;

/// [batch][heads][tokens][dim] to [batch][tokens][heads][dim]; with tokens and heads swapped, back.
std::vector<float> swap_heads(const std::vector<float>& values, std::int64_t batch, std::int64_t heads,
                              std::int64_t tokens, std::int64_t dim) {
  std::vector<float> result(values.size());
  const float* from = values.data();
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t t = 0; t < tokens; ++t, from += dim)
        std::copy(from, from + dim, result.data() + ((b * tokens + t) * heads + h) * dim);
  return result;
}

/// One call of an operator. MultiHeadAttention wants queries as [batch][tokens][heads * dim] and gives
/// outputs so, keys and values as they are.
class Attention {
 public:
  Attention(Ort::Env& env, bool standard, int threads, const AttentionShape& s, const AttentionInputs& inputs)
      : standard_(standard),
        shape_(s),
        y_(s.q_size()),
        q_(standard ? inputs.q : swap_heads(inputs.q, s.batch, s.heads, s.queries, s.head_dim)) {
    const std::vector<std::int64_t> heads_first = {s.batch, s.heads, s.queries, s.head_dim};
    q_shape_ = standard ? heads_first : std::vector<std::int64_t>{s.batch, s.queries, s.heads * s.head_dim};
    k_shape_ = {s.batch, s.heads, s.keys, s.head_dim};
    OnnxOperator op = {"Attention", "", {{"is_causal", s.causal}}};
    if (!standard)
      op = {"MultiHeadAttention", "com.microsoft", {{"num_heads", s.heads}, {"unidirectional", s.causal}}};
    OnnxModel model;
    model.input({"q", q_shape_}).input({"k", k_shape_}).input({"v", k_shape_}).output({"y", q_shape_});
    const std::string bytes = model.add(op, {"q", "k", "v"}, {"y"}).bytes();
    session_ = Ort::Session(env, bytes.data(), bytes.size(), session_options(threads));
    binding_ = Ort::IoBinding(session_);
    binding_.BindInput("q", tensor(q_.data(), q_.size(), q_shape_));
    binding_.BindInput("k", tensor(inputs.k.data(), inputs.k.size(), k_shape_));
    binding_.BindInput("v", tensor(inputs.v.data(), inputs.v.size(), k_shape_));
    binding_.BindOutput("y", tensor(y_.data(), y_.size(), q_shape_));
  }
  void run() { session_.Run(run_options_, binding_); }
  /// [batch][heads][queries][head_dim]
  [[nodiscard]] std::vector<float> outputs() const {
    return standard_ ? y_ : swap_heads(y_, shape_.batch, shape_.queries, shape_.heads, shape_.head_dim);
  }

 private:
  Ort::Value tensor(const float* data, std::size_t size, const std::vector<std::int64_t>& shape) {
    return Ort::Value::CreateTensor<float>(memory_, const_cast<float*>(data), size, shape.data(),
                                           shape.size());
  }

  Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
  bool standard_;
  AttentionShape shape_;
  std::vector<float> y_, q_;
  std::vector<std::int64_t> q_shape_, k_shape_;
  Ort::Session session_{nullptr};
  Ort::IoBinding binding_{nullptr};
  Ort::RunOptions run_options_;
};

}  // namespace

int main(int argc, char** argv) {
  const PeerCall call = read_call(argc, argv);
  const std::string version = load_onnxruntime();
  Ort::Env env(ORT_LOGGING_LEVEL_ERROR, "peer");
  for (const bool standard : {true, false}) {
    run_peer(standard ? "onnxruntime-attention" : "onnxruntime-mha", version, call,
             [&](const AttentionShape& s, const AttentionInputs& inputs, std::vector<float>& out) {
               const auto attention = std::make_shared<Attention>(env, standard, call.threads, s, inputs);
               return PreparedCall{[attention] { attention->run(); },
                                   [&, attention] { out = attention->outputs(); }};
             });
  }
}
