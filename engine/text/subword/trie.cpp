#include "text/subword/trie.hpp"

#include <algorithm>
#include <utility>

namespace saccade::text {

/// Assigns units to the nodes of sorted entries. All children of a node are placed at once.
class Trie::Builder {
 public:
  Builder(const std::vector<Entry>& entries, std::vector<Unit>& units) : entries_(entries), units_(units) {}

  void build() {
    units_.resize(block);
    units_[root].parent = no_parent;
    if (!entries_.empty()) pending_.push_back({root, 0, entries_.size(), 0});
    // A stack instead of recursion: a key may be as long as a file.
    while (!pending_.empty()) {
      const Range range = pending_.back();
      pending_.pop_back();
      place(range);
    }
  }

 private:
  /// The entries whose first `depth` bytes lead to `node`.
  struct Range {
    Node node;
    std::size_t first, last, depth;
  };

  [[nodiscard]] unsigned char byte_at(std::size_t entry, std::size_t depth) const {
    return static_cast<unsigned char>(entries_[entry].key[depth]);
  }

  void place(Range range) {
    if (entries_[range.first].key.size() == range.depth)
      units_[range.node].value = entries_[range.first++].value;
    if (range.first == range.last) return;
    bytes_.clear();
    for (std::size_t i = range.first; i < range.last; ++i) {
      if (bytes_.empty() || bytes_.back() != byte_at(i, range.depth))
        bytes_.push_back(byte_at(i, range.depth));
    }
    const std::uint32_t base = find_base();
    units_[range.node].base = base;
    for (std::size_t i = range.first; i < range.last;) {
      const unsigned char byte = byte_at(i, range.depth);
      const std::size_t first = i;
      while (i < range.last && byte_at(i, range.depth) == byte) ++i;
      units_[base ^ byte].parent = range.node;
      pending_.push_back({base ^ byte, first, i, range.depth + 1});
    }
  }

  [[nodiscard]] bool is_taken(std::uint32_t unit) {
    while (unit >= units_.size()) units_.resize(units_.size() + block);
    return units_[unit].parent != none;
  }

  /// A base with which the units of all of bytes_ are free.
  [[nodiscard]] std::uint32_t find_base() {
    while (is_taken(first_free_)) ++first_free_;
    // Older blocks are nearly full: they are searched for a single child only.
    const std::size_t recent = units_.size() - std::min(units_.size(), 4 * block);
    const auto begin =
        bytes_.size() == 1 ? first_free_ : std::max(first_free_, static_cast<std::uint32_t>(recent));
    for (std::uint32_t unit = begin;; ++unit) {
      const std::uint32_t base = unit ^ bytes_.front();
      if (std::none_of(bytes_.begin(), bytes_.end(),
                       [&](unsigned char byte) { return is_taken(base ^ byte); }))
        return base;
    }
  }

  static constexpr std::size_t block = 256;
  static constexpr std::uint32_t no_parent = none - 1;  // of the root, which is in use and has no parent

  const std::vector<Entry>& entries_;
  std::vector<Unit>& units_;
  std::vector<Range> pending_;
  std::vector<unsigned char> bytes_;  ///< first bytes of the children that are being placed
  std::uint32_t first_free_ = 0;
};

Trie::Trie(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
  Builder(entries, units_).build();
}

std::optional<Trie::Node> Trie::walk(Node from, std::string_view text) const noexcept {
  for (const char c : text) {
    if (!step(from, c)) return std::nullopt;
  }
  return from;
}

Trie::Match Trie::longest(Node from, std::string_view text) const noexcept {
  Match match;
  for (std::size_t i = 0; i < text.size() && step(from, text[i]); ++i) {
    if (units_[from].value >= 0) match = {i + 1, units_[from].value};
  }
  return match;
}

}  // namespace saccade::text
