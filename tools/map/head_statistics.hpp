#pragma once

#include <string>
#include <vector>

#include "map/attention_map.hpp"

namespace saccade::command {

/// Statistics of a head: means over the map's queries.
struct HeadStatistics {
  std::string name;     ///< "layer 3, head 1"
  double entropy = 0;   ///< of a row, in bits: 0 where it looks at one token, log2(tokens) where at all alike
  double distance = 0;  ///< tokens between a query and what it attends to
  double cls = 0, sep = 0;                    ///< shares on the special tokens
  double itself = 0, previous = 0, next = 0;  ///< shares by position
};

/// One for each plane. [CLS] and [SEP] are the tokens of these names, or <s> and </s>.
[[nodiscard]] std::vector<HeadStatistics> head_statistics(const AttentionMap& map);

[[nodiscard]] std::string as_table(const std::vector<HeadStatistics>& statistics);
[[nodiscard]] std::string as_json(const std::vector<HeadStatistics>& statistics);

}  // namespace saccade::command
