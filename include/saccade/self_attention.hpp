#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "saccade/attention.hpp"
#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/views.hpp"

namespace saccade {

/// The weights of one linear layer y = W x + b.
struct LinearWeights {
  std::int64_t out = 0;                ///< values of y
  std::int64_t in = 0;                 ///< values of x
  std::span<const float> weight = {};  ///< [out][in], or [in][out] where input_major
  std::span<const float> bias = {};    ///< [out]; empty: no bias
  bool input_major = false;            ///< the weight is stored [in][out], as GPT-2's files have it
};

/// The weights of a self-attention layer, fp32 in memory. SelfAttention packs them and keeps no reference.
struct SelfAttentionWeights {
  LinearWeights query;   ///< [heads * head_dim][width]
  LinearWeights key;     ///< [heads * head_dim][width]
  LinearWeights value;   ///< [heads * head_dim][width]
  LinearWeights output;  ///< [output_width][heads * head_dim]; out == 0: no output projection
};

/// What SelfAttention::load() needs to know beside the file.
struct SelfAttentionFile {
  /// Number of heads, which weight files do not store; must be set.
  std::int64_t heads = 0;
  /// Prefix of the layer's tensor names, with or without the last dot; may be empty where the file has only
  /// one layer.
  std::string prefix = {};
  /// Whether the layer projects its heads' outputs. Where it does, the projection must be in the file; where
  /// it does not, one in the file is not used.
  bool has_output_projection = true;
};

/// A ragged batch of vectors.
struct RaggedView {
  ConstMatrixView x;  ///< [tokens][width]
  Offsets offsets;    ///< sequence boundaries
};

/// Options of SelfAttention::forward().
struct ForwardOptions {
  /// The keys visible to each token by position.
  Window window = Window::full();
  /// Where the heads' concatenated outputs before the output projection are written, [tokens][heads *
  /// head_dim]; must not overlap z. Null data: nowhere.
  MatrixView context = {};
  /// Attention probabilities or scores to write, in ascending order of sequences.
  std::span<const ProbabilitiesRequest> probabilities = {};
};

/// Options of SelfAttention::forward_rows().
struct ForwardRowsOptions {
  /// The keys visible to each token by position.
  Window window = Window::full();
  /// As ForwardOptions::context, with a row for each selected token.
  MatrixView context = {};
  /// Where the attention probabilities are written: for each sequence in order, fp32 [heads][rows][tokens of
  /// the sequence]; empty: nowhere.
  std::span<float> probabilities = {};
};

/// A multi-head self-attention layer with its weights (Vaswani et al. 2017, arXiv:1706.03762):
/// z = W_O concat_h(softmax(Q_h K_h^T / sqrt(head_dim)) V_h) + b_O with Q = x W_Q^T + b_Q, K and V likewise.
/// Does not change after construction: several threads may use one. A sequence's rows have the same bits
/// alone and in any batch.
///
/// @code
/// const auto layer = saccade::SelfAttention::load(engine, "bert.safetensors",
///                                                 {.heads = 12, .prefix = "encoder.layer.0"});
/// const std::vector<std::int64_t> boundaries = {0, 27, 32};                         // two sequences
/// std::vector<float> x(32 * layer.width()), z(32 * layer.output_width());
/// layer.forward(engine, {{x.data(), 32, layer.width(), layer.width()}, boundaries},
///               {z.data(), 32, layer.output_width(), layer.output_width()});
/// @endcode
class SACCADE_API SelfAttention {
 public:
  /// Packs `weights`. Throws Error{invalid_argument} when shapes do not fit together or heads do not divide
  /// query.out.
  SelfAttention(Engine& engine, const SelfAttentionWeights& weights, std::int64_t heads);

  /// Reads a .safetensors file (F32, F16, BF16) with one of these sets of names after file.prefix:
  /// query/key/value/output.weight|bias; Hugging Face BERT (attention.self.query.weight, ...,
  /// attention.output.dense.weight), DistilBERT, ALBERT and ViT; torch.nn.MultiheadAttention (in_proj_weight,
  /// out_proj.weight); GPT-2 (attn.c_attn.weight, attn.c_proj.weight, stored [in][out]). Throws Error naming
  /// the file, the tensor and the shapes, and Error{unsupported} where the attention module has other
  /// tensors, such as bias_k or distance_embedding, or computes something else (MPNet, ModernBERT).
  [[nodiscard]] static SelfAttention load(Engine& engine, const std::filesystem::path& path,
                                          const SelfAttentionFile& file);

  /// Moves the layer; the one moved from may only be assigned to or destroyed.
  SelfAttention(SelfAttention&&) noexcept;
  /// Moves the layer; the one moved from may only be assigned to or destroyed.
  SelfAttention& operator=(SelfAttention&&) noexcept;
  ~SelfAttention();

  /// Columns of x.
  [[nodiscard]] std::int64_t width() const noexcept;
  /// Number of heads.
  [[nodiscard]] std::int64_t heads() const noexcept;
  /// heads * head_dim.
  [[nodiscard]] std::int64_t context_width() const noexcept;
  /// Columns of z.
  [[nodiscard]] std::int64_t output_width() const noexcept;
  /// Floating-point operations of a forward pass over these sequences, a multiply-add counted as two.
  [[nodiscard]] double flops(Offsets offsets, Window window = Window::full()) const;
  /// Bytes of scratch that forward() takes from the engine for these sequences, where no mean over heads is
  /// requested; with `rows`, bytes that forward_rows() takes.
  [[nodiscard]] std::size_t workspace(const Engine& engine, Offsets offsets,
                                      std::span<const std::int64_t> rows = {}) const;

  /// Computes z [tokens][output_width] for every token of the batch. z must not overlap x. Throws
  /// Error{invalid_argument} before z is written when operands disagree.
  void forward(Engine& engine, const RaggedView& batch, MatrixView z,
               const ForwardOptions& options = {}) const;

  /// Computes only selected rows: z [sequences * rows.size()][output_width] for the tokens at positions
  /// `rows` of each sequence. Each row has the bits that forward() gives it. Throws Error{invalid_argument}
  /// before z is written when operands disagree or a sequence has no such position.
  void forward_rows(Engine& engine, const RaggedView& batch, std::span<const std::int64_t> rows, MatrixView z,
                    const ForwardRowsOptions& options = {}) const;

 private:
  struct State;
  explicit SelfAttention(std::unique_ptr<const State> state);

  std::unique_ptr<const State> state_;
};

}  // namespace saccade
