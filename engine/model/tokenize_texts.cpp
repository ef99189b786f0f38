#include "model/tokenize_texts.hpp"

#include <algorithm>
#include <exception>

#include "scheduler/parallel.hpp"

namespace saccade::model {
namespace {

/// Texts of a task: enough for its batch to be worth making.
constexpr std::size_t task_texts = 64;

struct Block {
  TokenBatch batch;
  std::exception_ptr error;
};

void append_block(const TokenBatch& block, TextTokens& all) {
  const std::int64_t before = all.offsets.back();
  all.ids.insert(all.ids.end(), block.ids().begin(), block.ids().end());
  all.types.insert(all.types.end(), block.types().begin(), block.types().end());
  for (const std::int64_t offset : block.offsets().subspan(1)) all.offsets.push_back(before + offset);
}

}  // namespace

TextTokens tokenize_texts(scheduler::ExecutionContext& state, std::size_t count,
                          const std::function<void(TokenBatch&, std::size_t)>& append) {
  std::vector<Block> blocks((count + task_texts - 1) / task_texts);
  const auto run = [&](std::size_t task, int) noexcept {
    try {
      const std::size_t last = std::min(count, (task + 1) * task_texts);
      for (std::size_t i = task * task_texts; i < last; ++i) append(blocks[task].batch, i);
    } catch (...) {
      blocks[task].error = std::current_exception();
    }
  };
  scheduler::run_tasks(state, blocks.size(), run);
  TextTokens all;
  for (const Block& block : blocks) {
    if (block.error) std::rethrow_exception(block.error);
    append_block(block.batch, all);
  }
  return all;
}

}  // namespace saccade::model
