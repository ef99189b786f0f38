#include "text/subword/word_piece.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace saccade::text {
namespace {

using Ids = std::vector<std::int32_t>;

Vocabulary vocabulary_of(const std::vector<std::string>& tokens) {
  Vocabulary vocabulary;
  for (const std::string& token : tokens) vocabulary.add(token);
  return vocabulary;
}

Ids ids_of(const WordPiece& model, const std::string& word) {
  Ids ids = {99};  // what is there stays
  model.append(word, ids);
  CHECK(ids.front() == 99);
  ids.erase(ids.begin());
  return ids;
}

const std::vector<std::string> tokens = {"[UNK]", "un", "##want", "##ed",      "##wanted",
                                         "unw",   "a",  "##",     "##\xc3\xa9"};

TEST_CASE("the longest token first, without going back") {
  const WordPiece model(vocabulary_of(tokens), {});
  CHECK(ids_of(model, "un") == Ids{1});
  CHECK(ids_of(model, "aed") == Ids{6, 3});
  CHECK(ids_of(model, "unwanted") == Ids{0});  // unw, and nothing begins with "anted"
  CHECK(ids_of(model, "awanted") == Ids{6, 4});
  CHECK(ids_of(model, "awantx") == Ids{0});
  CHECK(ids_of(model, "##ed") == Ids{3});  // as a beginning it is a token like any other
  CHECK(ids_of(model, "a\xc3\xa9") == Ids{6, 8});
  CHECK(ids_of(model, "x") == Ids{0});
}

TEST_CASE("long words are counted in characters") {
  const WordPiece model(vocabulary_of(tokens), {.unknown = 2, .longest_word = 3});
  CHECK(ids_of(model, "a\xc3\xa9\xc3\xa9") == Ids{6, 8, 8});
  CHECK(ids_of(model, "a\xc3\xa9\xc3\xa9\xc3\xa9") == Ids{2});
  CHECK(ids_of(model, "unwa") == Ids{2});
  CHECK(ids_of(WordPiece(vocabulary_of(tokens), {.longest_word = 0}), "a") == Ids{0});
}

TEST_CASE("other beginnings of continuing tokens, none, and one that no token has") {
  const std::vector<std::string> others = {"?", "ab", "b", "@c"};
  CHECK(ids_of(WordPiece(vocabulary_of(others), {.continuation = "@"}), "abc") == Ids{1, 3});
  CHECK(ids_of(WordPiece(vocabulary_of(others), {.continuation = ""}), "abbab") == Ids{1, 2, 1});
  CHECK(ids_of(WordPiece(vocabulary_of(others), {.continuation = "#"}), "ab") == Ids{1});
  CHECK(ids_of(WordPiece(vocabulary_of(others), {.continuation = "#"}), "abb") == Ids{0});
}

TEST_CASE("of equal tokens the later counts") {
  const Vocabulary vocabulary = vocabulary_of({"?", "a", "b", "a"});
  CHECK(vocabulary.id_of("a") == 3);
  CHECK(vocabulary.token(1) == "a");
  CHECK(ids_of(WordPiece(vocabulary, {}), "a") == Ids{3});
}

}  // namespace
}  // namespace saccade::text
