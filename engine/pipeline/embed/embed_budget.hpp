#pragma once

#include <cstdint>

#include "pipeline/embed/text_source.hpp"
#include "saccade/embed_files.hpp"

namespace saccade::pipeline {

/// The sizes of a window and of a batch, which follow from the memory limit.
struct EmbedBudget {
  std::int64_t tokens = 0;  ///< of a batch; a longer text is alone
  WindowSize window;
  std::size_t longest_line = 0;  ///< bytes
};

/// Lowers the token budget until a batch of texts of the greatest length fits options.max_memory. Throws
/// Error{memory_limit} with both numbers where one does not. `width`: values of a row of the output.
[[nodiscard]] EmbedBudget plan_budget(const Engine& engine, const Encoder& encoder,
                                      const EmbedFilesOptions& options, std::int64_t width);

}  // namespace saccade::pipeline
