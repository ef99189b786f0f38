#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "saccade/encoder.hpp"

namespace saccade::command {

/// Sequences of token ids to encode.
struct TokenSet {
  std::string name;
  std::vector<std::int32_t> ids = {};
  std::vector<std::int64_t> offsets = {0};

  void add(const std::vector<std::int32_t>& sequence);
  [[nodiscard]] std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
};

/// Reads lines {"ids": [...]}, a sequence each; named as the file without its folder and ending. Throws
/// Error{file_not_usable}, Error{file_format} naming the line, also for ids that the encoder does not take.
[[nodiscard]] TokenSet read_set(const std::filesystem::path& path, const Encoder& encoder);

/// `batch` sequences of `length` random ids.
[[nodiscard]] TokenSet made_up_set(std::int64_t batch, std::int64_t length, const Encoder& encoder);

/// A few sequences of a set, which a call takes.
struct SetPart {
  std::vector<std::int64_t> offsets;
  std::int64_t first_id = 0;
  std::int64_t first_sequence = 0;
};
/// The set in its order, `batch` sequences at a time.
[[nodiscard]] std::vector<SetPart> parts_of(const TokenSet& set, std::int64_t batch);

}  // namespace saccade::command
