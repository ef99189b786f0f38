#include "model/tokenize_texts.hpp"

#include <algorithm>
#include <exception>

#include "core/as_size.hpp"
#include "scheduler/execution_context.hpp"
#include "scheduler/parallel.hpp"

namespace saccade::model {
namespace {

/// Texts of a task: few enough that all threads end at about the same time, enough that starting a task costs
/// nothing beside tokenizing them.
constexpr std::size_t task_texts = 16;

/// Where the texts of a task are: texts first to last - 1 of a thread's batch.
struct TaskTexts {
  const TokenBatch* batch = nullptr;
  std::size_t first = 0, last = 0;
  std::exception_ptr error;
};

void append_texts(const TaskTexts& task, TextTokens& tokens) {
  const Offsets offsets = task.batch->offsets();
  const std::int64_t begin = offsets[task.first], before = tokens.offsets.back();
  const auto slice = [&](std::span<const std::int32_t> all) {
    return all.subspan(core::as_size(begin), core::as_size(offsets[task.last] - begin));
  };
  const auto ids = slice(task.batch->ids()), types = slice(task.batch->types());
  tokens.ids.insert(tokens.ids.end(), ids.begin(), ids.end());
  tokens.types.insert(tokens.types.end(), types.begin(), types.end());
  for (std::size_t text = task.first; text < task.last; ++text)
    tokens.offsets.push_back(before + offsets[text + 1] - begin);
}

}  // namespace

void tokenize_texts(Engine& engine, std::size_t count,
                    const std::function<void(TokenBatch&, std::size_t)>& append, TextTokens& tokens) {
  // One batch a thread: the tokenizer's scratch, which is in it, serves all tasks of the thread.
  std::vector<TokenBatch> batches(static_cast<std::size_t>(engine.threads()));
  std::vector<TaskTexts> tasks((count + task_texts - 1) / task_texts);
  scheduler::run_tasks(scheduler::context_of(engine), tasks.size(), [&](std::size_t t, int slot) noexcept {
    TokenBatch& batch = batches[static_cast<std::size_t>(slot)];
    TaskTexts& task = tasks[t];
    try {
      task = {&batch, batch.offsets().size() - 1, 0, {}};
      const std::size_t end = std::min(count, (t + 1) * task_texts);
      for (std::size_t i = t * task_texts; i < end; ++i) append(batch, i);
      task.last = batch.offsets().size() - 1;
    } catch (...) {
      task.error = std::current_exception();
    }
  });
  tokens.ids.clear();
  tokens.types.clear();
  tokens.offsets.assign(1, 0);
  for (const TaskTexts& task : tasks) {
    if (task.error) std::rethrow_exception(task.error);
    append_texts(task, tokens);
  }
}

}  // namespace saccade::model
