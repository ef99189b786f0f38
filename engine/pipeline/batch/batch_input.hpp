#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "saccade/tensor_file.hpp"
#include "saccade/views.hpp"

namespace saccade::pipeline {

/// The selection of an input file that is read, and the sizes that it must fit.
struct InputRequest {
  std::int64_t width = 0;                        ///< columns that x must have
  std::span<const std::int64_t> sequences = {};  ///< only these, ascending; empty: all
  std::span<const std::int64_t> rows = {};       ///< positions that each of them must have
  std::uint64_t max_memory = 0;                  ///< bytes that the offsets may take
  std::span<const std::string> ignored = {};     ///< tensors that may be there beside x and offsets
};

/// The sequences of a file of hidden states that are worked on, numbered from 0. Everything that headers,
/// offsets and the request can have wrong is found on construction.
class BatchInput {
 public:
  BatchInput(const std::filesystem::path& path, const InputRequest& request);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  [[nodiscard]] std::int64_t sequences() const noexcept {
    return static_cast<std::int64_t>(offsets_.size()) - 1;
  }
  /// The offsets of the selected sequences, as if the file held no others.
  [[nodiscard]] Offsets offsets() const noexcept { return offsets_; }
  [[nodiscard]] std::int64_t tokens() const noexcept { return offsets_.back(); }
  /// The number in the file of a sequence.
  [[nodiscard]] std::int64_t number(std::int64_t sequence) const noexcept;
  /// The type in which the file stores offsets; unset: it has none.
  [[nodiscard]] std::optional<StorageType> offsets_type() const noexcept { return offsets_type_; }
  /// The length of all sequences where x is [n][length][width].
  [[nodiscard]] std::optional<std::int64_t> length() const noexcept { return length_; }

  /// x of sequences first to last - 1.
  void read(std::int64_t first, std::int64_t last, std::span<float> x) const;

 private:
  void check_x(const InputRequest& request);
  void check_others(const InputRequest& request) const;
  void read_offsets(const InputRequest& request);
  void choose(std::span<const std::int64_t> sequences);
  void check_rows(std::span<const std::int64_t> rows) const;

  TensorFile file_;
  std::int64_t width_;
  std::optional<StorageType> offsets_type_;
  std::optional<std::int64_t> length_;
  std::vector<std::int64_t> offsets_;
  std::vector<std::int64_t> begins_;   ///< where each sequence begins in the file; empty: at its offset
  std::vector<std::int64_t> numbers_;  ///< empty: 0, 1, ...
};

}  // namespace saccade::pipeline
