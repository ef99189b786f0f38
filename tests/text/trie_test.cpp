#include "text/subword/trie.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

namespace saccade::text {
namespace {

using Keys = std::map<std::string, std::int32_t>;

Trie make_trie(const Keys& keys) {
  std::vector<Trie::Entry> entries;
  for (const auto& [key, value] : keys) entries.push_back({key, value});
  return Trie(entries);
}

/// By looking up every beginning.
Trie::Match longest_by_search(const Keys& keys, const std::string& prefix, const std::string& text) {
  Trie::Match match;
  for (std::size_t length = 1; length <= text.size(); ++length) {
    const auto found = keys.find(prefix + text.substr(0, length));
    if (found != keys.end()) match = {length, found->second};
  }
  return match;
}

std::string random_bytes(std::mt19937& random, std::size_t longest, unsigned alphabet) {
  std::string bytes(random() % (longest + 1), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() % alphabet);
  return bytes;
}

TEST_CASE("the longest key, as a search of all beginnings finds it") {
  std::mt19937 random(3);
  for (const unsigned alphabet : {2u, 5u, 256u}) {
    Keys keys;
    for (int i = 0; i < 2000; ++i) keys.insert({random_bytes(random, 6, alphabet), i});
    const Trie trie = make_trie(keys);
    for (int i = 0; i < 5000; ++i) {
      const std::string prefix = random_bytes(random, 2, alphabet), text = random_bytes(random, 12, alphabet);
      const Trie::Match expected = longest_by_search(keys, prefix, text);
      const std::optional<Trie::Node> from = trie.walk(Trie::root, prefix);
      const Trie::Match match = from ? trie.longest(*from, text) : Trie::Match{};
      if (match.bytes != expected.bytes || match.value != expected.value) FAIL_CHECK("wrong match");
    }
  }
}

TEST_CASE("no keys, an empty key, a key as long as a file") {
  const Trie none = make_trie({});
  CHECK(none.longest(Trie::root, std::string("\0\1x", 3)).bytes == 0);
  CHECK(!none.walk(Trie::root, "x"));
  CHECK(none.walk(Trie::root, "") == Trie::root);

  const std::string key(200000, 'k');
  const Trie trie = make_trie({{"", 7}, {key, 8}});
  CHECK(trie.longest(Trie::root, "").bytes == 0);
  CHECK(trie.longest(Trie::root, "kk").bytes == 0);
  CHECK(trie.longest(Trie::root, key + "k").bytes == key.size());
  CHECK(trie.longest(Trie::root, key + "k").value == 8);
}

}  // namespace
}  // namespace saccade::text
