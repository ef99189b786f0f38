// The files of a tokenizer, separated by the byte 0x1e, and a text for it: tokenizer.json, vocab.txt,
// tokenizer_config.json, special_tokens_map.json, added_tokens.json, config.json, text. An empty part: no
// such file.

#include <array>
#include <string>

#include "fuzz/memory_folder.hpp"
#include "saccade/tokenizer.hpp"

namespace saccade::fuzz {
namespace {

constexpr std::array names = {"tokenizer.json",          "vocab.txt",         "tokenizer_config.json",
                              "special_tokens_map.json", "added_tokens.json", "config.json"};
constexpr char separator = '\x1e';

/// Writes the files and returns the text.
std::string_view write_files(const MemoryFolder& folder, std::string_view parts) {
  for (const char* const name : names) {
    const std::string_view part = parts.substr(0, parts.find(separator));
    parts.remove_prefix(std::min(part.size() + 1, parts.size()));
    std::filesystem::remove(folder / name);
    if (!part.empty()) folder.write(name, part);
  }
  return parts;
}

void check_encoding(const Tokenizer& tokenizer, const Encoding& encoding, std::int64_t max_length) {
  require(encoding.ids.size() == encoding.types.size(), "ids and types of different numbers");
  require(max_length == 0 || static_cast<std::int64_t>(encoding.ids.size()) <= max_length,
          "more than max_length");
  for (const std::int32_t id : encoding.ids) static_cast<void>(tokenizer.token(id));
}

}  // namespace
}  // namespace saccade::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace saccade::fuzz;
  static const MemoryFolder folder;
  const std::string_view text = write_files(folder, as_text(bytes, size));
  errors_only([&] {
    const auto tokenizer = saccade::Tokenizer::load(folder.path());
    for (const std::int64_t max_length : {0, 1, 5, 64}) {
      const saccade::TokenizerOptions options = {.max_length = max_length, .special_tokens = max_length != 5};
      errors_only([&] { check_encoding(tokenizer, tokenizer.tokenize(text, options), max_length); });
      errors_only(
          [&] { check_encoding(tokenizer, tokenizer.tokenize_pair(text, "abc", options), max_length); });
    }
  });
  return 0;
}
