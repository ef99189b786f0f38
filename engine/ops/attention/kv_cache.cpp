#include "saccade/kv_cache.hpp"

#include <algorithm>

#include "core/as_size.hpp"
#include "core/public_call.hpp"
#include "ops/attention/attention_problem.hpp"
#include "ops/attention/validate.hpp"
#include "scheduler/execution_context.hpp"
#include "scheduler/parallel.hpp"

namespace saccade {
namespace {

/// The tokens of one head that go to a cache: keys or values.
struct Part {
  const ConstHeadsView& view;
  void* memory;
  std::int64_t width;
  bool panels;
};

void append_head(const kernels::KernelTable& kernels, const KeyValueCache& cache, const Part& part,
                 std::int64_t sequence, std::int64_t head, std::int64_t length, std::int64_t token,
                 std::int64_t count) {
  const std::int64_t begin =
      ops::AttentionProblem::sequence_begin(part.view, sequence, token) + head * part.view.head_stride;
  for (std::int64_t done = 0; done < count;) {
    const std::int64_t at = length + done, number = at / cache.page_tokens, within = at % cache.page_tokens;
    const std::int64_t slot = sequence * cache.pages_per_sequence + number;
    const std::int64_t page = cache.page_table.empty() ? slot : cache.page_table[core::as_size(slot)];
    const std::int64_t tokens = std::min(count - done, cache.page_tokens - within);
    kernels.append_tokens(
        {.source = kernels::element(part.view.data, part.view.type, begin + done * part.view.token_stride),
         .source_type = part.view.type,
         .source_stride = part.view.token_stride,
         .tokens = tokens,
         .width = part.width,
         .length = within,
         .page = kernels::element(part.memory, cache.type,
                                  (page * cache.heads + head) * cache.page_tokens * part.width),
         .type = cache.type,
         .panels = part.panels});
    done += tokens;
  }
}

}  // namespace

void append(Engine& engine, const KeyValueCache& cache, std::span<const std::int64_t> lengths,
            const ConstHeadsView& k, const ConstHeadsView& v, Offsets offsets) try {
  ops::validate_append(cache, lengths, k, v, offsets);
  scheduler::ExecutionContext& state = scheduler::context_of(engine);
  const Part parts[] = {{k, cache.keys, cache.head_dim, true}, {v, cache.values, cache.value_dim, false}};
  const auto run = [&](std::size_t task, int) noexcept {
    const std::size_t s = task / core::as_size(cache.heads);
    const auto head = static_cast<std::int64_t>(task % core::as_size(cache.heads));
    for (const Part& part : parts)
      append_head(*state.kernels, cache, part, static_cast<std::int64_t>(s), head, lengths[s], offsets[s],
                  offsets[s + 1] - offsets[s]);
  };
  scheduler::run_tasks(state, lengths.size() * core::as_size(cache.heads), run);
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
