#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace saccade::text {

/// Makes ids of a word: WordPiece, BPE, Unigram. Immutable, for any number of threads.
class SubwordModel {
 public:
  SubwordModel() = default;
  SubwordModel(const SubwordModel&) = delete;
  SubwordModel& operator=(const SubwordModel&) = delete;
  virtual ~SubwordModel() = default;

  /// Appends the ids of a word: valid UTF-8, not empty.
  virtual void append(std::string_view word, std::vector<std::int32_t>& ids) const = 0;
};

}  // namespace saccade::text
