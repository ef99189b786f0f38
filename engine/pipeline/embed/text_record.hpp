#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "saccade/embed_files.hpp"

namespace saccade::pipeline {

/// The contents of a line: a text, or token ids, which are not tokenized.
struct TextRecord {
  std::optional<std::string> id;  ///< JSON
  std::string text;
  std::vector<std::int32_t> ids;  ///< empty: a text
  std::vector<std::int32_t> types;
};

/// The limits of a line's ids.
struct IdLimits {
  std::int64_t vocabulary = 0;
  std::int64_t longest = 0;
};

/// `place`: FILE:LINE. Throws Error{file_format} naming it.
[[nodiscard]] TextRecord parse_record(const std::string& place, TextFormat format, std::string_view line,
                                      const std::string& field, const IdLimits& limits);

}  // namespace saccade::pipeline
