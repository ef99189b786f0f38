#include "saccade/similar.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "core/as_size.hpp"
#include "core/public_call.hpp"
#include "core/require.hpp"
#include "ops/similarity.hpp"
#include "pipeline/embed/embed_budget.hpp"
#include "pipeline/embed/text_record.hpp"
#include "pipeline/embed/text_source.hpp"
#include "pipeline/embed/token_window.hpp"
#include "saccade/error.hpp"

namespace saccade {
namespace {

namespace fs = std::filesystem;
using core::as_size;

EmbedFilesOptions reading(const SimilarOptions& options) {
  EmbedFilesOptions files;
  files.embed = options.embed;
  files.field = options.field;
  files.input_format = options.input_format;
  files.max_memory = options.max_memory;
  return files;
}

/// One pass over the texts.
class SimilarSearch {
 public:
  SimilarSearch(Engine& engine, const Encoder& encoder, ConstMatrixView queries,
                std::span<const fs::path> inputs, const SimilarOptions& options)
      : engine_(engine),
        encoder_(encoder),
        width_(queries.columns),
        inputs_(inputs),
        options_(options),
        files_(reading(options)),
        budget_(pipeline::plan_budget(engine, encoder, files_, queries.columns)),
        source_(inputs, options.input_format, budget_.longest_line),
        search_(scheduler::context_of(engine), queries, options.count) {
    files_.embed.token_budget = budget_.tokens;
  }

  std::vector<std::vector<SimilarText>> run();

 private:
  void add_window();
  /// Moves the texts and vectors of the window that are finite to the front, and returns their number.
  [[nodiscard]] std::int64_t leave_out_not_finite();
  /// Keeps the texts of the window that are among the best, and drops those that are no longer.
  void keep_best(std::int64_t first);
  [[nodiscard]] SimilarText describe(const pipeline::TextLine& line) const;

  Engine& engine_;
  const Encoder& encoder_;
  std::int64_t width_;
  std::span<const fs::path> inputs_;
  const SimilarOptions& options_;
  EmbedFilesOptions files_;
  pipeline::EmbedBudget budget_;
  pipeline::TextSource source_;
  pipeline::TextWindow window_;
  pipeline::TokenWindow tokens_;
  std::vector<float> vectors_;
  ops::SimilaritySearch search_;
  std::int64_t texts_ = 0;                    ///< searched so far
  std::map<std::int64_t, SimilarText> best_;  ///< the texts of search_.best(), by their number
};

SimilarText SimilarSearch::describe(const pipeline::TextLine& line) const {
  const pipeline::IdLimits limits = {encoder_.vocabulary(), encoder_.max_length(files_.embed)};
  pipeline::TextRecord record = pipeline::parse_record(source_.place(line), source_.format(line.file),
                                                       line.text, options_.field, limits);
  return {0, inputs_[line.file], line.line,
          record.ids.empty() ? std::move(record.text) : std::string(line.text)};
}

void SimilarSearch::keep_best(std::int64_t first) {
  std::map<std::int64_t, SimilarText> best;
  for (const std::vector<SimilarRow>& rows : search_.best()) {
    for (const SimilarRow& found : rows) {
      if (best.contains(found.row)) continue;
      if (auto known = best_.extract(found.row)) {
        best.insert(std::move(known));
      } else {
        best.emplace(found.row, describe(window_.lines[tokens_.texts[as_size(found.row - first)].line]));
      }
    }
  }
  best_ = std::move(best);
}

std::int64_t SimilarSearch::leave_out_not_finite() {
  const std::size_t width = as_size(width_);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < tokens_.texts.size(); ++i) {
    const std::span<const float> vector = std::span(vectors_).subspan(i * width, width);
    if (!std::all_of(vector.begin(), vector.end(), [](float x) { return std::isfinite(x); })) {
      options_.on_not_finite(source_.place(window_.lines[tokens_.texts[i].line]));
      continue;
    }
    if (kept < i) {
      std::copy(vector.begin(), vector.end(), vectors_.begin() + static_cast<std::ptrdiff_t>(kept * width));
      tokens_.texts[kept] = std::move(tokens_.texts[i]);
    }
    ++kept;
  }
  return static_cast<std::int64_t>(kept);
}

void SimilarSearch::add_window() {
  pipeline::tokenize_window(engine_, encoder_, files_, source_, window_, tokens_);
  if (!tokens_.bad_lines.empty()) throw Error(ErrorCode::file_format, tokens_.bad_lines.front());
  auto texts = static_cast<std::int64_t>(tokens_.texts.size());
  vectors_.resize(as_size(texts * width_));
  encoder_.embed(engine_, {tokens_.ids, tokens_.types, tokens_.offsets},
                 {vectors_.data(), texts, width_, width_}, files_.embed);
  if (options_.on_not_finite) texts = leave_out_not_finite();
  if (const auto bad = search_.add({vectors_.data(), texts, width_, width_}, texts_)) {
    const pipeline::TextLine& line = window_.lines[tokens_.texts[as_size(*bad)].line];
    core::fail(source_.place(line) + ": the text's vector has a value that is not finite");
  }
  keep_best(texts_);
  texts_ += texts;
}

std::vector<std::vector<SimilarText>> SimilarSearch::run() {
  while (source_.read(budget_.window, window_)) {
    add_window();
    if (options_.stop.stop_requested())
      throw Error(ErrorCode::cancelled,
                  "stopped on request after " + std::to_string(source_.next_number()) + " texts");
  }
  std::vector<std::vector<SimilarText>> all;
  for (const std::vector<SimilarRow>& rows : search_.best()) {
    std::vector<SimilarText>& texts = all.emplace_back();
    for (const SimilarRow& found : rows) {
      texts.push_back(best_.at(found.row));
      texts.back().score = found.score;
    }
  }
  return all;
}

}  // namespace

std::vector<std::vector<SimilarText>> find_similar(Engine& engine, const Encoder& encoder,
                                                   ConstMatrixView queries, std::span<const fs::path> inputs,
                                                   const SimilarOptions& options) try {
  ops::validate_similarity(queries, options.count);
  core::require_equal("queries.columns", queries.columns, "the width of an embedding",
                      encoder.embedding_width(options.embed));
  return SimilarSearch(engine, encoder, queries, inputs, options).run();
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
