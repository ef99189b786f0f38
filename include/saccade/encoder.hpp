#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "saccade/attention.hpp"
#include "saccade/engine.hpp"
#include "saccade/views.hpp"

namespace saccade {

namespace layers {
struct PackedEncoder;
}

struct EncodeOptions {
  /// For each layer the probabilities that are wanted of it, ascending by sequence; empty: none of any.
  std::span<const std::span<const ProbabilitiesRequest>> probabilities = {};
};

/// A transformer encoder: token ids in, a vector for each token out (Vaswani et al. 2017, arXiv:1706.03762;
/// Devlin et al. 2018, arXiv:1810.04805). A sequence's vectors have the same bits alone and in any batch.
class Encoder {
 public:
  /// Reads a directory as the Hugging Face hub has it: config.json and model.safetensors, or its shards with
  /// their index, in F32, F16 or BF16. Families: BERT, RoBERTa, XLM-RoBERTa, DistilBERT, MPNet, ELECTRA,
  /// ALBERT, ModernBERT. Throws Error{unsupported} naming what else a model has, Error{file_format} and
  /// Error{file_not_usable} naming file and tensor. Nothing of the files is used after loading.
  [[nodiscard]] static Encoder load(Engine& engine, const std::filesystem::path& directory);

  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;
  ~Encoder();

  [[nodiscard]] std::int64_t width() const noexcept;  ///< values of a token's vector
  [[nodiscard]] std::int64_t layers() const noexcept;
  [[nodiscard]] std::int64_t heads() const noexcept;       ///< of each layer
  [[nodiscard]] std::int64_t vocabulary() const noexcept;  ///< ids are below it
  [[nodiscard]] std::int64_t max_tokens() const noexcept;  ///< of a sequence

  /// hidden [tokens][width]: the last layer's output for every token, special tokens being the caller's.
  /// Throws Error{invalid_argument} before hidden is touched: for ids that are not in the vocabulary,
  /// sequences longer than max_tokens(), and shapes that do not fit.
  void encode(Engine& engine, const TokenIds& tokens, MatrixView hidden,
              const EncodeOptions& options = {}) const;
  /// Scratch bytes that encode() takes from the engine for these sequences.
  [[nodiscard]] std::size_t workspace(const Engine& engine, Offsets offsets) const;

 private:
  explicit Encoder(std::unique_ptr<const layers::PackedEncoder> packed);
  std::unique_ptr<const layers::PackedEncoder> packed_;
};

}  // namespace saccade
