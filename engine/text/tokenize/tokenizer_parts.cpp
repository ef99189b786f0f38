#include "text/tokenize/tokenizer_parts.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "core/printable.hpp"
#include "saccade/error.hpp"

namespace saccade::text {
namespace {

Error token_error(const std::filesystem::path& file, const AddedToken& token, const std::string& what) {
  return {ErrorCode::file_format,
          file.string() + ": the added token '" + core::printable(token.content) + "' " + what};
}

}  // namespace

void add_to_vocabulary(const std::filesystem::path& file, std::vector<AddedToken>& tokens,
                       Vocabulary& vocabulary) {
  std::int32_t next = vocabulary.count();
  for (AddedToken& token : tokens) {
    const std::int32_t expected = token.id;
    const std::optional<std::int32_t> known = vocabulary.id_of(token.content);
    token.id = known.value_or(next);
    if (expected >= 0 && expected != token.id)
      throw token_error(file, token,
                        "has id " + std::to_string(expected) + "; " +
                            (known ? "the vocabulary has it as " : "the next free id is ") +
                            std::to_string(token.id));
    if (!known && vocabulary.has(next))
      throw token_error(file, token,
                        "is not in the vocabulary and would have id " + std::to_string(next) + ", which '" +
                            core::printable(vocabulary.token(next)) + "' has");
    if (!known) vocabulary.add(token.content, next++);
  }
}

AddedTokens choose_tokens(const std::filesystem::path& file, const std::vector<AddedToken>& tokens,
                          bool normalized, std::span<const Normalizer> normalizers) {
  NormalizeScratch scratch;
  std::vector<AddedToken> chosen;
  std::set<std::string> contents;
  for (const AddedToken& added : tokens) {
    AddedToken token = added;
    if (token.normalized != normalized) continue;
    if (normalized) {
      token.content = normalize(normalizers, added.content, scratch);
      if (token.content.empty()) throw token_error(file, added, "is nothing once it is normalized");
    }
    if (!contents.insert(token.content).second) continue;
    chosen.push_back(std::move(token));
  }
  return AddedTokens(std::move(chosen));
}

}  // namespace saccade::text
