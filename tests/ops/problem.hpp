#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ops/all_threads.hpp"
#include "reference/attention_head.hpp"
#include "saccade/attention.hpp"

namespace saccade::test {

/// Values as a type stores them.
class StoredValues {
 public:
  StoredValues(StorageType type, std::span<const float> values);
  /// Room for `count` values, of a NaN each.
  StoredValues(StorageType type, std::size_t count);

  [[nodiscard]] StorageType type() const { return type_; }
  [[nodiscard]] void* data() { return bytes_.data(); }
  [[nodiscard]] const void* data() const { return bytes_.data(); }
  [[nodiscard]] std::vector<float> values() const;

 private:
  StorageType type_;
  std::vector<std::byte> bytes_;
};

/// How a mask or bias is laid out: [sequences][heads][queries][keys], of which any but the keys may be
/// lacking and is then repeated; keys may be strided.
struct Spread {
  bool by_sequence = true;
  bool by_head = true;
  bool by_query = true;
  std::int64_t key_stride = 1;
  std::int64_t keys = -1;  ///< fewer than the longest sequence has; -1: all
};

/// A batch of attention with any options; it owns the memory that they point to.
struct Problem {
  std::vector<std::int64_t> queries = {1};
  std::vector<std::int64_t> keys = {1};
  std::int64_t heads = 1;
  std::int64_t key_heads = 1;
  std::int64_t head_dim = 8;
  std::int64_t value_dim = 8;
  StorageType type = StorageType::f32;                                       ///< of q, k, v and out
  std::optional<StorageType> key_type = {}, value_type = {}, out_type = {};  ///< unless these differ
  std::vector<float> q = {}, k = {}, v = {};  ///< [tokens][heads][dim], exact in their types

  std::optional<float> scale = {};
  Window window = Window::full();
  FirstQuery first_query = FirstQuery::bottom_right;
  std::vector<std::int64_t> first_query_positions = {}, first_key_positions = {}, key_counts = {};
  float softcap = 0.0f;
  std::vector<std::uint8_t> mask = {};
  Spread mask_spread = {};
  std::vector<float> bias = {};  ///< exact in bias_type
  Spread bias_spread = {};
  StorageType bias_type = StorageType::f32;
  std::vector<float> distance_bias = {};  ///< [heads][distances], or [distances]
  std::int64_t distances = 0;
  std::int64_t first_distance = 0;
  std::vector<float> sinks = {};
  Accumulation accumulation = Accumulation::fp32;

  void fill(std::uint64_t seed, float amplitude = 1.0f);
  /// A mask that shows a key with this chance, in 256ths.
  void fill_mask(std::uint64_t seed, std::int64_t chance, Spread spread = {});
  /// A bias of which about one in `hidden_in` values is -infinity; 0: none.
  void fill_bias(std::uint64_t seed, float amplitude, std::int64_t hidden_in, Spread spread = {});
  /// A bias of least floats, of others beyond 2^126 and of small ones, by rows and by single keys.
  void fill_extreme_bias(std::uint64_t seed);
  void fill_distances(std::uint64_t seed, std::int64_t count, std::int64_t first, bool by_head = true);

  [[nodiscard]] std::size_t sequences() const { return queries.size(); }
  [[nodiscard]] std::int64_t tokens() const;
  /// Keys of a sequence that count.
  [[nodiscard]] std::int64_t keys_of(std::size_t s) const;
  [[nodiscard]] AttentionHead head(std::size_t s, std::int64_t h) const;
  [[nodiscard]] std::string text() const;
};

/// Results [tokens][heads][...].
template <class T>
struct Results {
  std::vector<T> out;
  std::vector<T> log_sum_exp;
};

/// A problem laid out in memory; options() may be added to.
class ProblemMemory {
 public:
  explicit ProblemMemory(const Problem& problem);
  ProblemMemory(const ProblemMemory&) = delete;
  ProblemMemory& operator=(const ProblemMemory&) = delete;

  [[nodiscard]] AttentionTensors tensors();
  AttentionOptions& options() { return options_; }
  Results<float> run(Engine& engine);

 private:
  const Problem& problem_;
  std::vector<std::int64_t> offsets_, key_offsets_;
  StoredValues q_, k_, v_, bias_, out_;
  std::vector<float> log_sum_exp_;
  AttentionOptions options_;
};

Results<float> run(Engine& engine, const Problem& problem);

/// What the contract and the double-precision reference say, the output rounded to its type, and
/// how far from the latter the former may be.
Results<float> by_contract(const Problem& problem);
Results<double> by_reference(const Problem& problem);
Results<double> tolerance_of(const Problem& problem);

/// Checks the contract's bits on every ISA that runs here.
void check_bits(const Problem& problem);
/// The same, and the contract against the reference (fp32 problems).
void check(const Problem& problem);

/// Calls test(engine) for an engine of every ISA, of `threads` threads.
template <class Test>
void for_each_isa(int threads, const Test& test, Accumulation accumulation = Accumulation::fp32) {
  for (const Isa isa : supported_isas()) {
    Engine engine = engine_of_all_threads({.threads = threads, .isa = isa, .accumulation = accumulation});
    test(engine);
  }
}

}  // namespace saccade::test
