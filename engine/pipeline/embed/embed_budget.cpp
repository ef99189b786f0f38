#include "pipeline/embed/embed_budget.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/as_size.hpp"
#include "layers/token_batches.hpp"
#include "saccade/error.hpp"
#include "saccade/run_files.hpp"

namespace saccade::pipeline {
namespace {

using core::as_size;

/// A window holds about two batches: a token of most languages takes four bytes or less.
constexpr std::int64_t window_bytes_per_token = 8;
/// A text has two tokens at least, with most models.
constexpr std::int64_t tokens_per_line = 2;
/// Bytes of memory that parsing and tokenizing take for each byte of a line.
constexpr std::uint64_t line_copies = 16;
constexpr std::uint64_t least_line = 1 << 20;

/// The vectors of a batch, in bytes.
double bytes_of_vectors(std::int64_t tokens, bool for_each_token, std::int64_t width) {
  const std::int64_t rows = tokens / (for_each_token ? 1 : tokens_per_line) + 1;
  return static_cast<double>(rows) * static_cast<double>(width) * sizeof(float);
}

/// Scratch and vectors of the batch that takes most: texts of the greatest length.
double bytes_of_batch(const Engine& engine, const Encoder& encoder, const EmbedFilesOptions& options,
                      std::int64_t token_budget, std::int64_t width) {
  const std::int64_t longest = encoder.max_length(options.embed);
  const std::int64_t texts = std::max<std::int64_t>(token_budget / longest, 1);
  std::vector<std::int64_t> offsets = {0};
  for (std::int64_t text = 0; text < texts; ++text) offsets.push_back(offsets.back() + longest);
  EmbedOptions embed = options.embed;
  embed.token_budget = token_budget;
  const std::size_t scratch =
      options.tokens ? encoder.workspace(engine, offsets) : encoder.embed_workspace(engine, offsets, embed);
  return static_cast<double>(scratch) +
         bytes_of_vectors(std::max(token_budget, longest), options.tokens, width);
}

std::int64_t fitting_token_budget(const Engine& engine, const Encoder& encoder,
                                  const EmbedFilesOptions& options, std::int64_t width,
                                  std::uint64_t max_memory) {
  const std::int64_t longest = encoder.max_length(options.embed);
  std::int64_t budget =
      options.embed.token_budget > 0 ? options.embed.token_budget : layers::default_token_budget;
  for (;; budget /= 2) {
    const auto limit = static_cast<double>(max_memory);
    // The vectors first: of a budget far beyond memory not even the offsets of its texts fit.
    if (budget > longest && bytes_of_vectors(budget, options.tokens, width) > limit) continue;
    const double bytes = bytes_of_batch(engine, encoder, options, budget, width);
    if (bytes <= limit) return budget;
    if (budget > longest) continue;
    throw Error(ErrorCode::memory_limit, "one text of " + std::to_string(longest) + " tokens needs " +
                                             std::to_string(static_cast<std::uint64_t>(bytes)) +
                                             " bytes of work memory, the limit is " +
                                             std::to_string(max_memory));
  }
}

}  // namespace

EmbedBudget plan_budget(const Engine& engine, const Encoder& encoder, const EmbedFilesOptions& options,
                        std::int64_t width) {
  const std::uint64_t max_memory = options.max_memory > 0 ? options.max_memory : default_memory_limit();
  const std::int64_t tokens = fitting_token_budget(engine, encoder, options, width, max_memory);
  return {tokens,
          {as_size(tokens * window_bytes_per_token),
           as_size(std::max<std::int64_t>(tokens / tokens_per_line, 1))},
          std::max(max_memory / line_copies, least_line)};
}

}  // namespace saccade::pipeline
