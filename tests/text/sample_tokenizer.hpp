#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fixtures/temporary_folder.hpp"
#include "saccade/tokenizer.hpp"

namespace saccade::test {

/// A tokenizer.json as BERT's, with a vocabulary of a few words: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK]
/// 4, want 5, ##want 6, ##ed 7, wa 8, un 9, runn 10, ##ing 11, "," 12, a 13, b 14, ##b 15, U+4E2D 16, "<" 17.
[[nodiscard]] nlohmann::json sample_tokenizer();

/// An added token as tokenizer.json has it; `flags` are those that are true.
[[nodiscard]] nlohmann::json added_token(int id, const std::string& content,
                                         const std::vector<std::string>& flags = {});

/// Loads a folder in which only this tokenizer.json is.
[[nodiscard]] Tokenizer load(const nlohmann::json& tokenizer);

/// Loads a folder of these files.
struct File {
  std::string name, content;
};
[[nodiscard]] Tokenizer load_files(const std::vector<File>& files);

/// The tokens that a text becomes, one space between each two.
[[nodiscard]] std::string tokens_of(const Tokenizer& tokenizer, const std::string& text,
                                    bool special = false);

}  // namespace saccade::test
