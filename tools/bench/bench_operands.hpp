#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/attention_problem.hpp"
#include "saccade/attention.hpp"
#include "saccade/kv_cache.hpp"

namespace saccade::command {

/// The memory layout of keys and values; queries and outputs are packed where keys are in panels.
enum class KeyLayout : std::uint8_t {
  packed,  ///< [tokens][heads][head_dim]
  bhsd,    ///< [batch][heads][length][head_dim]
  panels   ///< of a KeyValueCache, one page a sequence
};
[[nodiscard]] std::string_view to_string(KeyLayout layout) noexcept;

/// A call of attention on memory of its own.
class AttentionOperands {
 public:
  /// Stores q, k and v as `type`, which represents the inputs exactly; outputs are fp32.
  AttentionOperands(Engine& engine, const bench::AttentionShape& shape, const bench::AttentionInputs& inputs,
                    KeyLayout layout, StorageType type);

  void attend(Engine& engine);
  [[nodiscard]] std::size_t workspace(const Engine& engine) const;
  [[nodiscard]] double key_value_bytes() const;
  /// [batch][heads][queries][head_dim]
  [[nodiscard]] std::vector<float> outputs() const;

 private:
  /// A tensor's elements, and where they are: heads of `length` tokens a sequence.
  struct Stored {
    std::int64_t heads = 0, length = 0;
    std::vector<std::byte> data = {};
  };

  [[nodiscard]] HeadsView view(Stored& stored, StorageType type) const;
  [[nodiscard]] Stored stored(const std::vector<float>& values, std::int64_t heads,
                              std::int64_t length) const;
  [[nodiscard]] std::vector<std::int64_t> offsets_of(std::int64_t length) const;
  void fill_cache(Engine& engine);
  void make_mask();
  [[nodiscard]] AttentionOptions options() const;

  bench::AttentionShape shape_;
  KeyLayout layout_;
  StorageType type_;
  Stored q_, k_, v_, out_;
  std::vector<std::byte> cached_keys_, cached_values_;
  std::vector<std::int64_t> offsets_, key_offsets_, lengths_;
  std::vector<std::uint8_t> mask_;        ///< [queries][keys], where it is random
  std::vector<std::int64_t> key_counts_;  ///< of padded sequences
  KeyValueCache cache_;
  AttentionTensors tensors_;
  CacheTensors cache_tensors_;
};

}  // namespace saccade::command
