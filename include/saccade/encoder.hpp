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

/// Requests copies of the inputs and outputs of a layer's attention. Each view is [tokens][columns]; one with
/// null data is not written.
struct LayerTrace {
  /// width() columns: the vectors of which queries, keys and values are projections.
  MatrixView input = {};
  /// heads() * head_dim() columns, head by head, as they enter the scores: rotated where positions are
  /// rotary.
  MatrixView queries = {};
  /// As queries.
  MatrixView keys = {};
  /// As queries, but never rotated.
  MatrixView values = {};
  /// heads() * head_dim() columns: the heads' outputs before the output projection.
  MatrixView context = {};
};

/// How a layer's attention differs from softmax(q k^T / sqrt(head_dim)) v with q = W_Q x, and k and v
/// likewise.
struct LayerAttention {
  bool projection_bias = false;  ///< q = W_Q x + b_Q: some bias of queries, keys or values is not 0
  bool rotary = false;           ///< queries and keys are rotated by their positions (RoPE, arXiv:2104.09864)
  bool distance_bias = false;    ///< each head has a bias of the scores by distance
  Window window = {};            ///< the keys visible to each token by position
};

/// Outputs of Encoder::encode() beside the vectors. Each span is empty or has an element for each layer.
struct EncodeOptions {
  /// For each layer the attention probabilities to write, in ascending order of sequences.
  std::span<const std::span<const ProbabilitiesRequest>> probabilities = {};
  /// For each layer the keys of highest score, by query tokens of the batch; k = 0: none of this layer.
  std::span<const TopKeys> top_keys = {};
  /// For each layer the copies of its attention's inputs and outputs.
  std::span<const LayerTrace> traces = {};
};

/// How texts become vectors. An option that is not set is as the model's directory has it.
struct EmbedOptions {
  /// Text put before each text; empty: nothing. Unset: the prompt of prompt_name, or the model's default.
  std::optional<std::string> prompt = {};
  /// The name of one of the model's prompts, see prompt_names(). Not together with `prompt`.
  std::string prompt_name = {};
  /// The most tokens of a text, special tokens included, at most max_tokens(); 0: as many as the model takes.
  std::int64_t max_length = 0;
  /// How the vectors of a text's tokens become one; of several the results are concatenated. Empty: as the
  /// model does.
  std::vector<Pooling> pooling = {};
  /// Whether vectors are divided by their Euclidean norm.
  std::optional<bool> normalize = {};
  /// Number of leading values to keep, before normalisation; 0: all.
  std::int64_t truncate_dim = 0;
  /// The most tokens that are encoded at a time, unless one sequence has more. The workspace grows with it.
  /// 0: 8192.
  std::int64_t token_budget = 0;
};

/// A transformer encoder: token ids in, a vector for each token out (Vaswani et al. 2017, arXiv:1706.03762;
/// Devlin et al. 2018, arXiv:1810.04805), or for each text (Reimers and Gurevych 2019, arXiv:1908.10084).
/// Does not change after construction: several threads may use one. A sequence's vectors have the same bits
/// alone and in any batch.
///
/// @code
/// const auto encoder = saccade::Encoder::load(engine, "all-MiniLM-L6-v2");
/// const std::vector<std::string> texts = {"All human beings are born free.", "Call me Ishmael."};
/// const std::vector<float> embeddings = encoder.embed(engine, texts);  // [2][384]
///
/// saccade::TokenBatch batch;                                           // or a vector of each token
/// encoder.append(batch, texts[0]);
/// std::vector<float> hidden(batch.ids().size() * encoder.width());
/// encoder.encode(engine, {batch.ids(), batch.types(), batch.offsets()},
///                {hidden.data(), std::ssize(batch.ids()), encoder.width(), encoder.width()});
/// @endcode
class SACCADE_API Encoder {
 public:
  /// Reads a directory as the Hugging Face hub has it: config.json and model.safetensors, or its shards with
  /// their index, in F32, F16 or BF16. Families: BERT, RoBERTa, XLM-RoBERTa, DistilBERT, MPNet, ELECTRA,
  /// ALBERT, ModernBERT. Throws Error{unsupported} naming a feature of the model that is not implemented,
  /// Error{file_format} and Error{file_not_usable} naming file and tensor. The files are not used after
  /// loading.
  ///
  /// In a directory with modules.json, as sentence-transformers writes it, pooling, Dense, Normalize, prompts
  /// and lengths are read too; in any other, texts are pooled by the mean. A directory without a tokenizer
  /// can be loaded, and encodes ids.
  [[nodiscard]] static Encoder load(Engine& engine, const std::filesystem::path& directory);

  /// Moves the encoder; the one moved from may only be assigned to or destroyed.
  Encoder(Encoder&&) noexcept;
  /// Moves the encoder; the one moved from may only be assigned to or destroyed.
  Encoder& operator=(Encoder&&) noexcept;
  ~Encoder();

  /// Values of a token's vector.
  [[nodiscard]] std::int64_t width() const noexcept;
  /// Number of layers.
  [[nodiscard]] std::int64_t layers() const noexcept;
  /// Query heads of each layer.
  [[nodiscard]] std::int64_t heads() const noexcept;
  /// Values of a head's query, key or value.
  [[nodiscard]] std::int64_t head_dim() const noexcept;
  /// Number of token ids: they are 0 to vocabulary() - 1.
  [[nodiscard]] std::int64_t vocabulary() const noexcept;
  /// The longest sequence, in tokens.
  [[nodiscard]] std::int64_t max_tokens() const noexcept;
  /// Bytes of the weights in memory. Matrices and embeddings keep the storage type of the file: f16 and bf16
  /// take half of the memory of f32, and products widen them exactly.
  [[nodiscard]] std::size_t weight_bytes() const noexcept;
  /// How a layer, from 0, computes its attention. Throws Error{invalid_argument} for a layer that does not
  /// exist.
  [[nodiscard]] LayerAttention attention(std::int64_t layer) const;

  /// Computes hidden [tokens][width]: the last layer's output for every token. Special tokens are the
  /// caller's to add, as append() does. Throws Error{invalid_argument} before hidden is written, for ids that
  /// are not in the vocabulary, sequences longer than max_tokens() and shapes that do not fit.
  /// A padding token of a text has the position that transformers gives it: none in RoBERTa, XLM-RoBERTa and
  /// MPNet, whose positions do not count it.
  void encode(Engine& engine, const TokenIds& tokens, MatrixView hidden,
              const EncodeOptions& options = {}) const;
  /// Bytes of scratch that encode() takes from the engine for these sequences.
  [[nodiscard]] std::size_t workspace(const Engine& engine, Offsets offsets) const;

  /// Floating-point operations of encode()'s products for these sequences, a multiply-add counted as two.
  [[nodiscard]] double flops(Offsets offsets) const;

  /// The model's tokenizer. Where the directory has none that can be used, throws the Error that reading it
  /// gave.
  [[nodiscard]] const Tokenizer& tokenizer() const;
  /// Names of the model's prompts, ascending.
  [[nodiscard]] std::vector<std::string> prompt_names() const;
  /// The most tokens of a text under these options, special tokens included.
  [[nodiscard]] std::int64_t max_length(const EmbedOptions& options = {}) const;
  /// Values of a text's vector under these options.
  [[nodiscard]] std::int64_t embedding_width(const EmbedOptions& options = {}) const;

  /// Tokenizes a text, with prompt and special tokens, and appends it to a batch. Throws as
  /// Tokenizer::append(), and Error{invalid_argument} for options that do not fit the model.
  Tokenized append(TokenBatch& batch, std::string_view text, const EmbedOptions& options = {}) const;

  /// Computes embeddings [sequences][embedding_width(options)]: a vector for each sequence of ids, as
  /// append() makes them. Throws as encode() before embeddings is written, and Error{invalid_argument} for
  /// options that do not fit the model.
  void embed(Engine& engine, const TokenIds& tokens, MatrixView embeddings,
             const EmbedOptions& options = {}) const;
  /// Bytes of scratch that embed() takes from the engine for these sequences.
  [[nodiscard]] std::size_t embed_workspace(const Engine& engine, Offsets offsets,
                                            const EmbedOptions& options = {}) const;
  /// Tokenizes and embeds texts in UTF-8: [texts][embedding_width(options)]. Throws as append() and embed().
  [[nodiscard]] std::vector<float> embed(Engine& engine, std::span<const std::string_view> texts,
                                         const EmbedOptions& options = {}) const;
  /// Tokenizes and embeds texts in UTF-8: [texts][embedding_width(options)]. Throws as append() and embed().
  [[nodiscard]] std::vector<float> embed(Engine& engine, std::span<const std::string> texts,
                                         const EmbedOptions& options = {}) const;

 private:
  struct State;
  explicit Encoder(std::unique_ptr<const State> state);
  /// The text put before each text.
  [[nodiscard]] std::string_view prompt(const EmbedOptions& options) const;
  /// Number of leading tokens of each sequence that are not pooled.
  [[nodiscard]] std::int64_t left_out(const EmbedOptions& options) const;

  std::unique_ptr<const State> state_;
};

}  // namespace saccade
