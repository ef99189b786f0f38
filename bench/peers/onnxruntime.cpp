// ONNX Runtime's attention operators: Attention of the ONNX standard, and its own MultiHeadAttention, whose
// kernel is fused. The library is loaded from $ONNXRUNTIME_LIBRARY; inputs and outputs are bound once, in the
// layout that an operator wants.

#include <limits>
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

/// Attention of the ONNX standard takes and gives [batch][heads][tokens][dim]. MultiHeadAttention wants
/// queries as [batch][tokens][heads * dim] and gives outputs so; keys and values it takes in that order too,
/// or by heads.
enum class Operator { attention, mha, mha_kv_by_heads };
inline constexpr const char* names[] = {"onnxruntime-attention", "onnxruntime-mha", "onnxruntime-mha-kv"};

/// Whether the operators have to be told which pairs see each other.
bool masked(const AttentionShape& s) {
  return s.mask != MaskKind::full && s.mask != MaskKind::causal;
}

/// Masks as the operators want them: which pairs see each other, or a sequence's tokens before its padding.
struct Masks {
  explicit Masks(const AttentionShape& s) : lengths(static_cast<std::size_t>(s.batch)) {
    if (!masked(s)) return;
    for (std::int64_t i = 0; i < s.queries; ++i)
      for (std::int64_t j = 0; j < s.keys; ++j) {
        seen.push_back(s.sees(i, j));
        bias.push_back(seen.back() != 0 ? 0.0f : -std::numeric_limits<float>::infinity());
      }
    std::fill(lengths.begin(), lengths.end(), static_cast<std::int32_t>(s.end_key(0)));
  }

  std::vector<std::uint8_t> seen;  ///< [queries][keys], as Attention takes them
  std::vector<float> bias;         ///< the same, as MultiHeadAttention takes them
  std::vector<std::int32_t> lengths;
};

/// One call of an operator.
class Attention {
 public:
  Attention(Ort::Env& env, Operator op, int threads, const AttentionShape& s, const AttentionInputs& inputs)
      : standard_(op == Operator::attention),
        kv_by_heads_(op != Operator::mha),
        shape_(s),
        masks_(s),
        y_(s.q_size()),
        q_(in_order(inputs.q, s.queries, standard_)),
        k_(in_order(inputs.k, s.keys, kv_by_heads_)),
        v_(in_order(inputs.v, s.keys, kv_by_heads_)),
        q_shape_(tensor_shape(s.queries, standard_)),
        k_shape_(tensor_shape(s.keys, kv_by_heads_)) {
    const std::string bytes = model();
    session_ = Ort::Session(env, bytes.data(), bytes.size(), session_options(threads));
    binding_ = Ort::IoBinding(session_);
    binding_.BindInput("q", tensor(q_, q_shape_));
    binding_.BindInput("k", tensor(k_, k_shape_));
    binding_.BindInput("v", tensor(v_, k_shape_));
    bind_mask();
    binding_.BindOutput("y", tensor(y_, q_shape_));
  }
  void run() { session_.Run(run_options_, binding_); }
  /// [batch][heads][queries][head_dim]
  [[nodiscard]] std::vector<float> outputs() const {
    return standard_ ? y_ : swap_heads(y_, shape_.batch, shape_.queries, shape_.heads, shape_.head_dim);
  }

 private:
  [[nodiscard]] std::vector<float> in_order(const std::vector<float>& values, std::int64_t tokens,
                                            bool by_heads) const {
    return by_heads ? values : swap_heads(values, shape_.batch, shape_.heads, tokens, shape_.head_dim);
  }
  [[nodiscard]] std::vector<std::int64_t> tensor_shape(std::int64_t tokens, bool by_heads) const {
    if (by_heads) return {shape_.batch, shape_.heads, tokens, shape_.head_dim};
    return {shape_.batch, tokens, shape_.heads * shape_.head_dim};
  }
  /// MultiHeadAttention takes lengths of sequences, or else a bias.
  [[nodiscard]] bool by_lengths() const { return !standard_ && shape_.mask == MaskKind::padding; }

  [[nodiscard]] OnnxTensor mask_tensor() const {
    const std::int64_t queries = shape_.queries, keys = shape_.keys;
    if (by_lengths()) return {"mask", {shape_.batch}, OnnxType::i32};
    if (standard_) return {"mask", {queries, keys}, OnnxType::boolean};
    return {"mask", {1, 1, queries, keys}};
  }
  [[nodiscard]] std::string model() const {
    const bool causal = shape_.mask == MaskKind::causal;
    OnnxOperator op = {"Attention", "", {{"is_causal", causal}}};
    if (!standard_)
      op = {"MultiHeadAttention", "com.microsoft", {{"num_heads", shape_.heads}, {"unidirectional", causal}}};
    std::vector<std::string> names = {"q", "k", "v"};
    OnnxModel model;
    model.input({"q", q_shape_}).input({"k", k_shape_}).input({"v", k_shape_}).output({"y", q_shape_});
    if (masked(shape_)) {
      // MultiHeadAttention's inputs 3, 4 and 5: bias of the projections, lengths, bias of the scores.
      if (!standard_) names.resize(by_lengths() ? 4 : 5);
      names.emplace_back("mask");
      model.input(mask_tensor());
    }
    return model.add(op, names, {"y"}).bytes();
  }
  void bind_mask() {
    if (!masked(shape_)) return;
    const std::vector<std::int64_t> shape = mask_tensor().shape;
    if (by_lengths()) {
      binding_.BindInput("mask", tensor(masks_.lengths, shape));
    } else if (standard_) {
      binding_.BindInput(
          "mask", Ort::Value::CreateTensor(memory_, masks_.seen.data(), masks_.seen.size(), shape.data(),
                                           shape.size(), ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL));
    } else {
      binding_.BindInput("mask", tensor(masks_.bias, shape));
    }
  }
  template <class T>
  Ort::Value tensor(const std::vector<T>& values, const std::vector<std::int64_t>& shape) {
    return Ort::Value::CreateTensor<T>(memory_, const_cast<T*>(values.data()), values.size(), shape.data(),
                                       shape.size());
  }

  Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU);
  bool standard_, kv_by_heads_;
  AttentionShape shape_;
  Masks masks_;
  std::vector<float> y_, q_, k_, v_;
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
  int failures = 0;
  for (const Operator op : {Operator::attention, Operator::mha, Operator::mha_kv_by_heads})
    failures +=
        run_peer(names[static_cast<std::size_t>(op)], version, call,
                 [&](const AttentionShape& s, const AttentionInputs& inputs, std::vector<float>& out) {
                   const auto attention = std::make_shared<Attention>(env, op, call.threads, s, inputs);
                   return PreparedCall{[attention] { attention->run(); },
                                       [&, attention] { out = attention->outputs(); }};
                 });
  return failures == 0 ? 0 : 1;
}
