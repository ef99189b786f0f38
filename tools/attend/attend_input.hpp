#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attend/attend_layout.hpp"
#include "attend/attend_memory.hpp"
#include "attend/attend_options.hpp"
#include "saccade/attention.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::command {

/// The tensors of an attention problem, read from a file. Errors name the file, the tensor and the numbers.
class AttendInput {
 public:
  /// Reads headers, and what says where sequences and queries are, and checks that all fits together, and
  /// into the memory.
  AttendInput(const std::filesystem::path& path, const AttendOptions& options, AttendMemory& memory);

  /// Reads everything else: called once, before the views are asked for.
  void read_values();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  [[nodiscard]] Layout layout() const noexcept { return layout_; }
  [[nodiscard]] const HeadsSizes& queries() const noexcept { return q_.sizes; }
  [[nodiscard]] HeadsSizes outputs() const noexcept;
  [[nodiscard]] std::int64_t sequences() const noexcept;
  [[nodiscard]] std::int64_t queries_of(std::int64_t sequence) const noexcept;
  /// The number of keys of a sequence: its key count where the file has key_counts.
  [[nodiscard]] std::int64_t keys_of(std::int64_t sequence) const noexcept;
  [[nodiscard]] const std::vector<std::int64_t>& offsets() const noexcept { return offsets_; }
  /// The type in which the file stores offsets; unset: it has none.
  [[nodiscard]] std::optional<StorageType> offsets_type() const noexcept { return offsets_type_; }

  /// q, k, v and offsets; `out` is left to be set. Views of what this object holds.
  [[nodiscard]] AttentionTensors tensors();
  /// The options that file and command line give; requests for outputs are left to be added.
  [[nodiscard]] AttentionOptions options() const;

 private:
  struct HeadsTensor {
    HeadsSizes sizes;
    std::vector<float> values;
  };
  /// [batch, heads, queries, keys], of which the first three may be 1.
  struct ScoresSizes {
    std::int64_t batch = 1;
    std::int64_t heads = 1;
    std::int64_t queries = 1;
    std::int64_t keys = 0;
  };

  [[nodiscard]] Layout find_layout() const;
  [[nodiscard]] HeadsSizes heads_sizes(const char* name, std::int64_t heads, const char* option) const;
  void check_heads() const;
  /// Bytes of the values, and of offsets, counts and positions.
  [[nodiscard]] double bytes() const;
  void read_sequences();
  [[nodiscard]] std::vector<std::int64_t> equal_offsets(std::int64_t batch, std::int64_t length) const;
  [[nodiscard]] std::vector<std::int64_t> read_offsets(const char* name, std::int64_t tokens,
                                                       const char* of) const;
  [[nodiscard]] std::vector<std::int64_t> read_for_each_sequence(const char* name) const;
  void read_positions();
  [[nodiscard]] ScoresSizes scores_sizes(const char* name) const;
  void check_sinks() const;
  void check_others() const;
  [[nodiscard]] std::vector<float> read_floats(const char* name) const;

  TensorFile file_;
  const AttendOptions& asked_;
  Layout layout_ = Layout::packed;
  HeadsTensor q_, k_, v_;
  std::vector<std::int64_t> offsets_;
  std::vector<std::int64_t> key_offsets_;
  std::optional<StorageType> offsets_type_;
  std::vector<std::int64_t> key_counts_;
  std::vector<std::int64_t> first_query_positions_;
  std::optional<ScoresSizes> mask_sizes_;
  std::optional<ScoresSizes> bias_sizes_;
  std::vector<std::uint8_t> mask_;
  std::vector<float> bias_;
  std::vector<float> sinks_;
};

}  // namespace saccade::command
