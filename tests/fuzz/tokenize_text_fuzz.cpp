// Any bytes as a text for the tokenizer of saccade-mini: a shorter max_length keeps the beginning, and
// batches have the tokens of single texts.

#include <algorithm>
#include <string>

#include "fuzz/memory_folder.hpp"
#include "saccade/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace saccade::fuzz;
  static const auto tokenizer = saccade::Tokenizer::load(sample_model());
  const std::string_view text = as_text(bytes, size);
  const auto whole = tokenizer.tokenize(text), cut = tokenizer.tokenize(text, {.max_length = 8});
  const std::size_t kept = cut.ids.size();
  require(kept >= 2 && kept <= 8 && kept <= whole.ids.size(), "a wrong number of tokens");
  require(std::equal(cut.ids.begin(), cut.ids.end() - 1, whole.ids.begin()), "another beginning");
  for (const std::int32_t id : whole.ids) require(!tokenizer.token(id).empty(), "an id without a token");
  saccade::TokenBatch batch;
  tokenizer.append(batch, text);
  tokenizer.append_pair(batch, text.substr(0, size / 2), text.substr(size / 2), {.max_length = 16});
  require(std::equal(whole.ids.begin(), whole.ids.end(), batch.ids().begin()), "other tokens in a batch");
  return 0;
}
