#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "saccade/attention.hpp"
#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/pooling.hpp"
#include "saccade/tokenizer.hpp"
#include "saccade/views.hpp"

namespace saccade {

/// Asks for copies of what goes through a layer's attention. Each view is [tokens of the batch][columns];
/// with null data it is not wanted.
struct LayerTrace {
  MatrixView input = {};  ///< width(): what queries, keys and values are made of
  /// heads() * head_dim(), head by head, as scores are made of them: rotated where positions are rotary.
  MatrixView queries = {}, keys = {};
  MatrixView values = {};
  MatrixView context = {};  ///< as queries: the heads' outputs, before the output projection
};

/// How a layer's attention differs from softmax(q k^T / sqrt(head_dim)) v with q = W_Q x, and k and v
/// likewise.
struct LayerAttention {
  bool projection_bias = false;  ///< q = W_Q x + b_Q: some bias of queries, keys or values is not 0
  bool rotary = false;           ///< queries and keys are rotated by their positions (RoPE, arXiv:2104.09864)
  bool distance_bias = false;    ///< each head adds a number of its own for each distance to the scores
  Window window = {};            ///< which keys a token attends to, around its own position
};

/// What is wanted beside the vectors; each span is empty, or has an element for each layer.
struct EncodeOptions {
  /// For each layer the probabilities that are wanted of it, ascending by sequence.
  std::span<const std::span<const ProbabilitiesRequest>> probabilities = {};
  /// The most attended keys; query tokens are those of the batch. k = 0: none of this layer.
  std::span<const TopKeys> top_keys = {};
  std::span<const LayerTrace> traces = {};
};

/// How texts become vectors; what is not said here is as the model's directory has it.
struct EmbedOptions {
  /// What goes before each text; empty: nothing. Unset: as prompt_name says, or the model's default.
  std::optional<std::string> prompt = {};
  /// One of prompt_names().
  std::string prompt_name = {};
  /// The most tokens that a text may become, special tokens included; 0: as many as the model takes.
  std::int64_t max_length = 0;
  /// How vectors of tokens become one; several: their results one behind the other. Empty: as the model does.
  std::vector<Pooling> pooling = {};
  /// Divide by the Euclidean norm, or do not.
  std::optional<bool> normalize = {};
  /// Keep the first so many values, before they are normalised; 0: all.
  std::int64_t truncate_dim = 0;
  /// Tokens that are encoded at a time (a longer sequence is alone): the workspace grows with it; 0: 8192.
  std::int64_t token_budget = 0;
};

/// A transformer encoder: token ids in, a vector for each token out (Vaswani et al. 2017, arXiv:1706.03762;
/// Devlin et al. 2018, arXiv:1810.04805), or for each text (Reimers and Gurevych 2019, arXiv:1908.10084). A
/// sequence's vectors have the same bits alone and in any batch.
class SACCADE_API Encoder {
 public:
  /// Reads a directory as the Hugging Face hub has it: config.json and model.safetensors, or its shards with
  /// their index, in F32, F16 or BF16. Families: BERT, RoBERTa, XLM-RoBERTa, DistilBERT, MPNet, ELECTRA,
  /// ALBERT, ModernBERT. Throws Error{unsupported} naming what else a model has, Error{file_format} and
  /// Error{file_not_usable} naming file and tensor. Nothing of the files is used after loading.
  ///
  /// Of a directory with modules.json, as sentence-transformers writes it, pooling, Dense, Normalize, prompts
  /// and lengths are read, too; any other is pooled by the mean. A tokenizer is not needed for ids.
  [[nodiscard]] static Encoder load(Engine& engine, const std::filesystem::path& directory);

  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;
  ~Encoder();

  [[nodiscard]] std::int64_t width() const noexcept;  ///< values of a token's vector
  [[nodiscard]] std::int64_t layers() const noexcept;
  [[nodiscard]] std::int64_t heads() const noexcept;       ///< of each layer
  [[nodiscard]] std::int64_t head_dim() const noexcept;    ///< values of a head's query, key or value
  [[nodiscard]] std::int64_t vocabulary() const noexcept;  ///< ids are below it
  [[nodiscard]] std::int64_t max_tokens() const noexcept;  ///< of a sequence
  /// Bytes of the weights in memory. Matrices and embeddings keep the storage type of the file: f16 and bf16
  /// take half of what f32 takes, and products widen them exactly.
  [[nodiscard]] std::size_t weight_bytes() const noexcept;
  /// Throws Error{invalid_argument} for a layer that there is not.
  [[nodiscard]] LayerAttention attention(std::int64_t layer) const;

  /// hidden [tokens][width]: the last layer's output for every token, special tokens being the caller's.
  /// Throws Error{invalid_argument} before hidden is touched: for ids that are not in the vocabulary,
  /// sequences longer than max_tokens(), and shapes that do not fit.
  void encode(Engine& engine, const TokenIds& tokens, MatrixView hidden,
              const EncodeOptions& options = {}) const;
  /// Scratch bytes that encode() takes from the engine for these sequences.
  [[nodiscard]] std::size_t workspace(const Engine& engine, Offsets offsets) const;

  /// Floating-point operations of encode()'s products for these sequences, a multiply-add counted as two.
  [[nodiscard]] double flops(Offsets offsets) const;

  /// Throws the Error that reading it gave, where the directory has none that can be used.
  [[nodiscard]] const Tokenizer& tokenizer() const;
  /// The model's, ascending.
  [[nodiscard]] std::vector<std::string> prompt_names() const;
  /// The most tokens that a text may become.
  [[nodiscard]] std::int64_t max_length(const EmbedOptions& options = {}) const;
  /// Values of a text's vector.
  [[nodiscard]] std::int64_t embedding_width(const EmbedOptions& options = {}) const;

  /// Appends the ids of a text, prompt and special tokens included, as the batch's next.
  Tokenized append(TokenBatch& batch, std::string_view text, const EmbedOptions& options = {}) const;

  /// embeddings [sequences][embedding_width(options)]: a vector for each sequence of ids, as append() makes
  /// them. Throws Error{invalid_argument} before embeddings is touched, as encode() does, and for options
  /// that do not fit the model.
  void embed(Engine& engine, const TokenIds& tokens, MatrixView embeddings,
             const EmbedOptions& options = {}) const;
  /// Scratch bytes that this takes from the engine for these sequences.
  [[nodiscard]] std::size_t embed_workspace(const Engine& engine, Offsets offsets,
                                            const EmbedOptions& options = {}) const;
  /// [texts][embedding_width(options)], of texts in UTF-8.
  [[nodiscard]] std::vector<float> embed(Engine& engine, std::span<const std::string_view> texts,
                                         const EmbedOptions& options = {}) const;
  [[nodiscard]] std::vector<float> embed(Engine& engine, std::span<const std::string> texts,
                                         const EmbedOptions& options = {}) const;

 private:
  struct State;
  explicit Encoder(std::unique_ptr<const State> state);
  /// What goes before each text.
  [[nodiscard]] std::string_view prompt(const EmbedOptions& options) const;
  /// How many tokens at the beginning of each sequence are not pooled.
  [[nodiscard]] std::int64_t left_out(const EmbedOptions& options) const;

  std::unique_ptr<const State> state_;
};

}  // namespace saccade
