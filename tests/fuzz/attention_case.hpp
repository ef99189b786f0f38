#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz_input.hpp"
#include "saccade/attention.hpp"
#include "saccade/kv_cache.hpp"

namespace saccade::fuzz {

/// Operands for reading.
struct Tensor {
  ConstHeadsView view;  ///< without data
  Memory memory;

  [[nodiscard]] ConstHeadsView read() const;
};

/// A result's place.
struct Room {
  HeadsView view;  ///< without data
  std::int64_t elements = 0;
};

struct Request {
  std::int64_t sequence = 0;
  std::vector<std::int32_t> heads = {};
  std::vector<std::int64_t> queries = {};
  ScorePoint point = ScorePoint::probabilities;
  bool mean = false;
  std::int64_t values = 0;
};

/// Everything that a call reads, and which results it gives.
struct Case {
  std::vector<std::int64_t> offsets, key_offsets;
  std::int64_t key_heads = 1, group = 1, head_dim = 1, value_dim = 1;
  Tensor q, k, v;
  AttentionOptions options = {};  ///< spans and data are set for each call
  std::vector<std::int64_t> first_query_positions = {}, first_key_positions = {}, key_counts = {};
  std::vector<std::uint8_t> mask = {};
  Memory bias = {};
  std::vector<float> distances = {}, sinks = {};
  std::vector<Request> requests = {};
  Room out, log_sum_exp;
  bool wants_log_sum_exp = false;
  std::int64_t top = 0, top_values = 0;
  std::int64_t state_blocks = -1;  ///< -1: not wanted
  bool cached = false;
  KeyValueCache cache = {};  ///< without data
  std::vector<std::int32_t> page_table = {};
  std::vector<std::int64_t> appended_first = {};  ///< tokens of each sequence in the first of two appends

  [[nodiscard]] std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  [[nodiscard]] std::int64_t heads() const { return key_heads * group; }
  [[nodiscard]] std::int64_t queries(std::size_t s) const { return offsets[s + 1] - offsets[s]; }
  [[nodiscard]] std::int64_t all_keys(std::size_t s) const { return key_offsets[s + 1] - key_offsets[s]; }
  [[nodiscard]] std::int64_t keys(std::size_t s) const {
    return key_counts.empty() ? all_keys(s) : key_counts[s];
  }
};

Case choose_case(Choices& choices);

/// What a call writes, in memory of exactly that size, and a pattern before.
struct Results {
  explicit Results(const Case& c);

  Memory out, log_sum_exp;
  std::vector<std::vector<float>> scores;
  std::vector<std::int32_t> top_keys;
  std::vector<float> top_probabilities;
  std::vector<float> states;
};

/// "" where both are the same bits, NaN for NaN; else which one is not.
std::string difference(const Case& c, const Results& a, const Results& b);
/// Whether nothing but the output's vectors was written.
bool untouched_beside_out(const Case& c, const Results& results);

/// Keys and values in pages.
struct CacheMemory {
  explicit CacheMemory(const Case& c);
  [[nodiscard]] KeyValueCache cache(const Case& c);
  Memory keys, values;
};

/// Operands of one call, with copies of what a test may spoil.
struct Call {
  Call(const Case& c, Results& results, CacheMemory* memory);

  std::vector<std::int64_t> offsets, key_offsets, lengths, first_query_positions, first_key_positions,
      key_counts;
  std::vector<float> sinks;
  std::vector<std::int32_t> page_table;
  std::vector<ProbabilitiesRequest> requests;
  bool cached;
  ConstHeadsView q, k, v;
  HeadsView out;
  KeyValueCache cache = {};
  AttentionOptions options;

  void run(Engine& engine);
};

/// Makes a call invalid; false where the choice does not apply to it.
bool spoil(Choices& choices, const Case& c, Call& call);

}  // namespace saccade::fuzz
