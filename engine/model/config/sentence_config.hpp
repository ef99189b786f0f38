#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kernels/product/product_parameters.hpp"
#include "saccade/pooling.hpp"

namespace saccade::model {

using kernels::Activation;

/// A linear map after the pooling: activation(W x + b).
struct Dense {
  std::filesystem::path directory;  ///< where its weights are
  std::int64_t in = 0;
  std::int64_t out = 0;
  bool bias = true;
  Activation activation = Activation::tanh;
};

/// Divides a vector by its Euclidean norm.
struct Normalize {};

using SentenceStep = std::variant<Dense, Normalize>;

/// What a sentence-transformers directory describes beside the encoder itself.
struct SentenceConfig {
  std::filesystem::path encoder;                   ///< directory of the encoder
  std::vector<Pooling> pooling = {Pooling::mean};  ///< several: their vectors are concatenated
  bool pools_prompt = true;                        ///< false: tokens of a prompt are left out of the pooling
  std::vector<SentenceStep> steps;                 ///< after the pooling, in this order
  std::optional<std::int64_t> max_tokens;          ///< of a sequence; unset: the tokenizer says it
  bool lower_case = false;                         ///< texts are made lower case, behind special tokens
  std::map<std::string, std::string> prompts;      ///< by name; each goes before a text
  std::optional<std::string> default_prompt;       ///< a name of `prompts`
};

/// Reads modules.json and what it names. A directory without one is an encoder of which sentence-transformers
/// takes the mean, not normalised, and nothing else is read. Throws Error{unsupported} naming file and
/// value for other modules, another order, or options beside those above; Error{file_format} and
/// Error{file_not_usable}.
[[nodiscard]] SentenceConfig read_sentence_config(const std::filesystem::path& directory);

/// Values of a sentence's embedding where a token's vector has `token_width`. Throws Error{file_format} where
/// a dense step takes another number than it is given.
[[nodiscard]] std::int64_t embedding_width(const SentenceConfig& config, std::int64_t token_width);

}  // namespace saccade::model
