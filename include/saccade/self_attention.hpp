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

/// One linear map y = W x + b. weight: [out][in], row by row, or [in][out] where input_major; bias: [out] or
/// empty.
struct LinearWeights {
  std::int64_t out = 0;
  std::int64_t in = 0;
  std::span<const float> weight = {};
  std::span<const float> bias = {};
  bool input_major = false;
};

/// The weights of a self-attention layer as fp32 in memory; they are packed, so nothing is borrowed after
/// construction.
struct SelfAttentionWeights {
  LinearWeights query;   ///< [heads * head_dim][width]
  LinearWeights key;     ///< [heads * head_dim][width]
  LinearWeights value;   ///< [heads * head_dim][width]
  LinearWeights output;  ///< [output_width][heads * head_dim]; out == 0: no output projection
};

/// Where a weight file keeps the layer, and what the file does not say.
struct SelfAttentionFile {
  std::int64_t heads = 1;
  /// Prefix of the tensor names, with or without the last dot; may be empty where only one layer matches.
  std::string prefix = {};
};

/// A batch of sequences: x [tokens][width] and where each sequence begins.
struct RaggedView {
  ConstMatrixView x;
  Offsets offsets;
};

struct ForwardOptions {
  Window window = Window::full();
  /// Where to put the heads' outputs, concatenated, before the output projection: [tokens][heads * head_dim],
  /// apart from z.
  MatrixView context = {};
  std::span<const ProbabilitiesRequest> probabilities = {};
};

/// The attention of chosen query tokens, the layer's vector form: no other row is computed.
struct ForwardRowsOptions {
  Window window = Window::full();
  /// As ForwardOptions, a row for each chosen token.
  MatrixView context = {};
  /// For each sequence in turn, fp32 [heads][rows][length of the sequence]; empty: not wanted.
  std::span<float> probabilities = {};
};

/// Multi-head self-attention (Vaswani et al. 2017, arXiv:1706.03762):
/// z = W_O concat_h(softmax(Q_h K_h^T / sqrt(head_dim)) V_h) + b_O with Q = x W_Q^T + b_Q and so on.
class SACCADE_API SelfAttention {
 public:
  /// Packs `weights`. Throws Error{invalid_argument} when shapes do not fit together or heads do not divide.
  SelfAttention(Engine& engine, const SelfAttentionWeights& weights, std::int64_t heads);

  /// Reads a .safetensors file (F32, F16, BF16) with one of these sets of names behind file.prefix:
  /// query/key/value[/output].weight|bias; Hugging Face BERT (attention.self.query.weight, ...,
  /// attention.output.dense.weight); torch.nn.MultiheadAttention (in_proj_weight, out_proj.weight);
  /// GPT-2 (attn.c_attn.weight, attn.c_proj.weight, stored [in][out]).
  /// Errors name the file, the tensor and the shapes.
  [[nodiscard]] static SelfAttention load(Engine& engine, const std::filesystem::path& path,
                                          const SelfAttentionFile& file);

  SelfAttention(SelfAttention&&) noexcept;
  SelfAttention& operator=(SelfAttention&&) noexcept;
  ~SelfAttention();

  [[nodiscard]] std::int64_t width() const noexcept;  ///< columns of x
  [[nodiscard]] std::int64_t heads() const noexcept;
  [[nodiscard]] std::int64_t context_width() const noexcept;  ///< heads * head_dim
  [[nodiscard]] std::int64_t output_width() const noexcept;   ///< columns of z
  /// Floating-point operations of a forward pass over these sequences, a multiply-add counted as two.
  [[nodiscard]] double flops(Offsets offsets, Window window = Window::full()) const;
  /// Scratch bytes that forward() takes from the engine for these sequences, where no mean over heads is
  /// asked for; with rows, those of forward_rows().
  [[nodiscard]] std::size_t workspace(const Engine& engine, Offsets offsets,
                                      std::span<const std::int64_t> rows = {}) const;

  /// z [tokens][output_width] for every token of the batch. z must not overlap x.
  void forward(Engine& engine, const RaggedView& batch, MatrixView z,
               const ForwardOptions& options = {}) const;

  /// z [sequences * rows.size()][output_width] for the tokens at positions `rows` of each sequence, which
  /// must be long enough. Each row has the bits that forward() gives it.
  void forward_rows(Engine& engine, const RaggedView& batch, std::span<const std::int64_t> rows, MatrixView z,
                    const ForwardRowsOptions& options = {}) const;

 private:
  struct State;
  explicit SelfAttention(std::unique_ptr<const State> state);

  std::unique_ptr<const State> state_;
};

}  // namespace saccade
