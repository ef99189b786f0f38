#include "pipeline/embed/token_window.hpp"

#include <utility>

#include "io/files/errors.hpp"
#include "pipeline/embed/text_record.hpp"
#include "saccade/error.hpp"

namespace saccade::pipeline {
namespace {

/// The result of parsing a line: a text, or the reason why it is refused.
struct LineResult {
  WindowText text;
  std::string error;
};

/// Makes texts of lines; used by all threads.
class LineTokenizer {
 public:
  LineTokenizer(const Encoder& encoder, const EmbedFilesOptions& options, const TextSource& source)
      : encoder_(encoder),
        options_(options),
        source_(source),
        limits_{encoder.vocabulary(), encoder.max_length(options.embed)} {}

  /// Appends the line's tokens to the batch, or nothing where the line is no text.
  [[nodiscard]] LineResult append(const TextLine& line, std::size_t index, TokenBatch& batch) const {
    TextRecord record;
    try {
      record = read(line);
    } catch (const Error& error) {
      return {{}, error.what()};
    }
    return {{index, record.id.value_or(std::to_string(line.number)), append_tokens(record, batch)}, {}};
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

  [[nodiscard]] Tokenized append_tokens(const TextRecord& record, TokenBatch& batch) const {
    if (record.ids.empty()) return encoder_.append(batch, record.text, options_.embed);
    batch.append(record.ids, record.types);
    return {static_cast<std::int64_t>(record.ids.size())};
  }

  const Encoder& encoder_;
  const EmbedFilesOptions& options_;
  const TextSource& source_;
  IdLimits limits_;
};

}  // namespace

void tokenize_window(Engine& engine, const Encoder& encoder, const EmbedFilesOptions& options,
                     const TextSource& source, const TextWindow& window, TokenWindow& tokens) {
  const LineTokenizer tokenizer(encoder, options, source);
  std::vector<LineResult> results(window.lines.size());
  model::tokenize_texts(
      engine, results.size(),
      [&](TokenBatch& batch, std::size_t i) { results[i] = tokenizer.append(window.lines[i], i, batch); },
      tokens);
  tokens.texts.clear();
  tokens.bad_lines.clear();
  for (LineResult& result : results) {
    if (result.error.empty()) {
      tokens.texts.push_back(std::move(result.text));
    } else {
      tokens.bad_lines.push_back(std::move(result.error));
    }
  }
}

}  // namespace saccade::pipeline
