#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace saccade::text {

/// A map from byte strings to values, as a double array (Aoe 1989, doi:10.1109/32.31365): each byte of a text
/// costs one memory access. Immutable, for any number of threads.
class Trie {
 public:
  using Node = std::uint32_t;

  struct Entry {
    std::string_view key;
    std::int32_t value;  ///< 0 or more
  };
  struct Match {
    std::size_t bytes = 0;  ///< 0: no match
    std::int32_t value = -1;
  };

  static constexpr Node root = 0;

  /// Keys must differ. They are copied.
  explicit Trie(std::vector<Entry> entries);

  /// The node after the bytes of `text`, starting at `from`; nothing where no key continues so.
  [[nodiscard]] std::optional<Node> walk(Node from, std::string_view text) const noexcept;
  /// The longest prefix of `text`, not empty, that together with the bytes up to `from` is a key.
  [[nodiscard]] Match longest(Node from, std::string_view text) const noexcept;

 private:
  /// The child of node n by byte b is unit n.base ^ b if its parent is n; that unit exists for any b.
  struct Unit {
    std::uint32_t base = 0;
    std::uint32_t parent = none;
    std::int32_t value = -1;
  };
  static constexpr std::uint32_t none = UINT32_MAX;

  class Builder;

  [[nodiscard]] bool step(Node& node, char c) const noexcept {
    const Node child = units_[node].base ^ static_cast<unsigned char>(c);
    if (units_[child].parent != node) return false;
    node = child;
    return true;
  }

  std::vector<Unit> units_;
};

}  // namespace saccade::text
