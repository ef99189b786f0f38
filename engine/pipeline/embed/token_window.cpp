#include "pipeline/embed/token_window.hpp"

#include <algorithm>
#include <exception>

#include "io/files/errors.hpp"
#include "pipeline/embed/text_record.hpp"
#include "saccade/error.hpp"
#include "scheduler/parallel.hpp"

namespace saccade::pipeline {
namespace {

/// Small enough that threads end together, large enough that starting one costs nothing beside it.
constexpr std::size_t lines_per_task = 16;

/// The lines of one task.
struct Block {
  TokenBatch batch;  ///< of one text at a time
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> types;
  std::vector<WindowText> texts;
  std::vector<std::string> bad_lines;
  std::exception_ptr error;
};

/// What all tasks look at.
class LineTokenizer {
 public:
  LineTokenizer(const Encoder& encoder, const EmbedFilesOptions& options, const TextSource& source)
      : encoder_(encoder),
        options_(options),
        source_(source),
        limits_{encoder.vocabulary(), encoder.max_length(options.embed)} {}

  void add(const TextLine& line, std::size_t index, Block& block) const {
    TextRecord record;
    try {
      record = read(line);
    } catch (const Error& error) {
      block.bad_lines.emplace_back(error.what());
      return;
    }
    WindowText text{index, record.id.value_or(std::to_string(line.number)), {}};
    text.tokenized = add_tokens(record, block);
    block.types.resize(block.ids.size());  // all 0 where a line has none
    block.texts.push_back(std::move(text));
  }

 private:
  [[nodiscard]] TextRecord read(const TextLine& line) const {
    const std::string place = source_.place(line);
    if (line.too_long) {
      throw io::format_error({place}, "the line is too long; expected at most " +
                                          std::to_string(source_.longest()) +
                                          " bytes, a share of the work memory");
    }
    return parse_record(place, source_.format(line.file), line.text, options_.field, limits_);
  }

  [[nodiscard]] Tokenized add_tokens(const TextRecord& record, Block& block) const {
    if (!record.ids.empty()) {
      block.ids.insert(block.ids.end(), record.ids.begin(), record.ids.end());
      block.types.insert(block.types.end(), record.types.begin(), record.types.end());
      return {static_cast<std::int64_t>(record.ids.size())};
    }
    block.batch.clear();
    const Tokenized tokenized = encoder_.append(block.batch, record.text, options_.embed);
    block.ids.insert(block.ids.end(), block.batch.ids().begin(), block.batch.ids().end());
    block.types.insert(block.types.end(), block.batch.types().begin(), block.batch.types().end());
    return tokenized;
  }

  const Encoder& encoder_;
  const EmbedFilesOptions& options_;
  const TextSource& source_;
  IdLimits limits_;
};

void append_to(TokenWindow& window, Block& block) {
  window.ids.insert(window.ids.end(), block.ids.begin(), block.ids.end());
  window.types.insert(window.types.end(), block.types.begin(), block.types.end());
  for (WindowText& text : block.texts) {
    window.offsets.push_back(window.offsets.back() + text.tokenized.tokens);
    window.texts.push_back(std::move(text));
  }
  for (std::string& bad : block.bad_lines) window.bad_lines.push_back(std::move(bad));
}

}  // namespace

void tokenize_window(Engine& engine, const Encoder& encoder, const EmbedFilesOptions& options,
                     const TextSource& source, const TextWindow& window, TokenWindow& tokens) {
  const std::size_t count = window.lines.size();
  std::vector<Block> blocks((count + lines_per_task - 1) / lines_per_task);
  const LineTokenizer tokenizer(encoder, options, source);
  scheduler::run_tasks(scheduler::context_of(engine), blocks.size(), [&](std::size_t task, int) noexcept {
    Block& block = blocks[task];
    try {
      const std::size_t end = std::min(count, (task + 1) * lines_per_task);
      for (std::size_t i = task * lines_per_task; i < end; ++i) tokenizer.add(window.lines[i], i, block);
    } catch (...) {
      block.error = std::current_exception();
    }
  });
  tokens.ids.clear();
  tokens.types.clear();
  tokens.offsets.assign(1, 0);
  tokens.texts.clear();
  tokens.bad_lines.clear();
  for (Block& block : blocks) {
    if (block.error) std::rethrow_exception(block.error);
    append_to(tokens, block);
  }
}

}  // namespace saccade::pipeline
