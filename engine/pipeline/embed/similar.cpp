#include "saccade/similar.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/as_size.hpp"
#include "core/require.hpp"
#include "ops/attention/validate.hpp"
#include "pipeline/embed/embed_budget.hpp"
#include "pipeline/embed/text_record.hpp"
#include "pipeline/embed/text_source.hpp"
#include "pipeline/embed/token_window.hpp"
#include "saccade/error.hpp"

namespace saccade {
namespace {

namespace fs = std::filesystem;
using core::as_size;

double dot(const float* a, const float* b, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// 0 where a vector has no direction.
double cosine(const float* a, const float* b, std::int64_t count) {
  const double lengths = std::sqrt(dot(a, a, count)) * std::sqrt(dot(b, b, count));
  return lengths > 0 ? dot(a, b, count) / lengths : 0;
}

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
        queries_(queries),
        inputs_(inputs),
        options_(options),
        files_(reading(options)),
        budget_(pipeline::plan_budget(engine, encoder, files_, queries.columns)),
        source_(inputs, options.input_format, budget_.longest_line),
        found_(as_size(queries.rows)) {
    files_.embed.token_budget = budget_.tokens;
  }

  std::vector<std::vector<SimilarText>> run();

 private:
  void add_window();
  void add(std::vector<SimilarText>& closest, double score, const pipeline::TextLine& line) const;
  [[nodiscard]] SimilarText describe(double score, const pipeline::TextLine& line) const;

  Engine& engine_;
  const Encoder& encoder_;
  ConstMatrixView queries_;
  std::span<const fs::path> inputs_;
  const SimilarOptions& options_;
  EmbedFilesOptions files_;
  pipeline::EmbedBudget budget_;
  pipeline::TextSource source_;
  pipeline::TextWindow window_;
  pipeline::TokenWindow tokens_;
  std::vector<float> vectors_;
  std::vector<std::vector<SimilarText>> found_;
};

SimilarText SimilarSearch::describe(double score, const pipeline::TextLine& line) const {
  const pipeline::IdLimits limits = {encoder_.vocabulary(), encoder_.max_length(files_.embed)};
  pipeline::TextRecord record = pipeline::parse_record(source_.place(line), source_.format(line.file),
                                                       line.text, options_.field, limits);
  return {score, inputs_[line.file], line.line,
          record.ids.empty() ? std::move(record.text) : std::string(line.text)};
}

/// Behind those that are as close.
void SimilarSearch::add(std::vector<SimilarText>& closest, double score,
                        const pipeline::TextLine& line) const {
  const bool full = static_cast<std::int64_t>(closest.size()) == options_.count;
  if (full && !(score > closest.back().score)) return;
  if (full) closest.pop_back();
  const auto further = [](double a, const SimilarText& b) { return a > b.score; };
  const auto at = std::upper_bound(closest.begin(), closest.end(), score, further);
  closest.insert(at, describe(score, line));
}

void SimilarSearch::add_window() {
  pipeline::tokenize_window(engine_, encoder_, files_, source_, window_, tokens_);
  if (!tokens_.bad_lines.empty()) throw Error(ErrorCode::file_format, tokens_.bad_lines.front());
  const auto texts = static_cast<std::int64_t>(tokens_.texts.size());
  const std::int64_t width = queries_.columns;
  vectors_.resize(as_size(texts * width));
  encoder_.embed(engine_, {tokens_.ids, tokens_.types, tokens_.offsets},
                 {vectors_.data(), texts, width, width}, files_.embed);
  for (std::int64_t q = 0; q < queries_.rows; ++q) {
    const float* const query = queries_.data + q * queries_.row_stride;
    for (std::int64_t text = 0; text < texts; ++text) {
      const double score = cosine(query, vectors_.data() + text * width, width);
      add(found_[as_size(q)], score, window_.lines[tokens_.texts[as_size(text)].line]);
    }
  }
}

std::vector<std::vector<SimilarText>> SimilarSearch::run() {
  while (source_.read(budget_.window, window_)) {
    add_window();
    if (options_.stop.stop_requested())
      throw Error(ErrorCode::cancelled,
                  "stopped on request after " + std::to_string(source_.next_number()) + " texts");
  }
  return std::move(found_);
}

}  // namespace

std::vector<std::vector<SimilarText>> find_similar(Engine& engine, const Encoder& encoder,
                                                   ConstMatrixView queries, std::span<const fs::path> inputs,
                                                   const SimilarOptions& options) {
  ops::validate(queries, "queries");
  core::require_equal("queries.columns", queries.columns, "the width of an embedding",
                      encoder.embedding_width(options.embed));
  if (options.count < 1) core::fail("count is " + core::to_text(options.count) + "; expected 1 or more");
  return SimilarSearch(engine, encoder, queries, inputs, options).run();
}

}  // namespace saccade
