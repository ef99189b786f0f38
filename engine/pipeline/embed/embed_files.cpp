#include "saccade/embed_files.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/as_size.hpp"
#include "core/public_call.hpp"
#include "io/files/errors.hpp"
#include "layers/token_batches.hpp"
#include "pipeline/embed/embed_budget.hpp"
#include "pipeline/embed/embed_checks.hpp"
#include "pipeline/embed/embed_job.hpp"
#include "pipeline/embed/embed_output.hpp"
#include "pipeline/embed/embedding_layout.hpp"
#include "pipeline/embed/text_source.hpp"
#include "pipeline/embed/token_window.hpp"
#include "saccade/error.hpp"

namespace saccade {
namespace {

namespace fs = std::filesystem;
using core::as_size;

/// A crash loses no more work than this and one window; the disk is waited for no more often.
constexpr std::chrono::milliseconds chunk_time(200);

/// Whether an error is about the ids of a line, so that the line is at fault and not the job.
bool is_fault_of_ids(const Error& error) {
  return error.code() == ErrorCode::invalid_argument || error.code() == ErrorCode::unsupported;
}

/// One job: window by window read, tokenize, embed, write.
class EmbedRun {
 public:
  EmbedRun(Engine& engine, const Encoder& encoder, std::span<const fs::path> inputs, const fs::path& output,
           const EmbedFilesOptions& options);

  EmbedFilesSummary run();

 private:
  void take_shard();
  void open_output();
  void go_on();
  void embed_all();
  void embed_window();
  void embed_texts(std::size_t first, std::size_t last);
  void compute(std::size_t first, std::size_t last);
  void write(std::size_t first, std::size_t last);
  void check_finite(std::span<const float> vector, const pipeline::WindowText& text);
  [[noreturn]] void fail_not_finite(const std::string& what) const;
  void bad_line(const std::string& what);
  void commit_chunk();
  void check_stop();
  void report() const;

  Engine& engine_;
  const Encoder& encoder_;
  const EmbedFilesOptions& options_;
  std::vector<fs::path> inputs_;
  fs::path path_;
  pipeline::EmbeddingLayout layout_;
  pipeline::EmbedBudget budget_;
  pipeline::TextSource source_;
  pipeline::TextCount counted_;  ///< counted for shards only
  std::optional<pipeline::EmbedOutput> output_;
  pipeline::EmbedState state_;
  pipeline::EmbedState window_end_;  ///< the state behind the last whole window
  bool pending_ = false;             ///< no chunk has that yet
  std::chrono::steady_clock::time_point next_chunk_ = {};
  pipeline::TextWindow window_;
  pipeline::TokenWindow tokens_;
  std::vector<float> vectors_;
  std::string row_;
};

EmbedRun::EmbedRun(Engine& engine, const Encoder& encoder, std::span<const fs::path> inputs,
                   const fs::path& output, const EmbedFilesOptions& options)
    : engine_(engine),
      encoder_(encoder),
      options_(options),
      inputs_(inputs.begin(), inputs.end()),
      path_(shard_path(output, options.shard)),
      layout_(pipeline::layout_of(encoder, output, options)),
      budget_(pipeline::plan_budget(engine, encoder, options, layout_.width)),
      source_(inputs, options.input_format, budget_.longest_line) {
  pipeline::check_shard(output, options.shard);
  pipeline::check_paths(inputs, path_, options.model);
  pipeline::check_options(encoder, options, source_.has_lines());
}

void EmbedRun::take_shard() {
  const Shard& shard = options_.shard;
  if (shard.count == 1) return;
  if (!source_.can_read_again())
    throw Error(ErrorCode::invalid_argument,
                "shards need inputs that can be read twice; expected files on disk");
  counted_ = source_.count();
  source_.limit(counted_.texts * shard.index / shard.count, counted_.texts * (shard.index + 1) / shard.count);
}

void EmbedRun::open_output() {
  const bool has_journal = source_.can_read_again() && !io::is_stream(path_);
  if (options_.resume && !has_journal) {
    throw io::argument_error({path_},
                             "there is nothing to resume with streams; expected inputs and an output "
                             "that are files on disk");
  }
  const nlohmann::json job = has_journal
                                 ? pipeline::describe_job(engine_, inputs_, layout_, options_, counted_.texts)
                                 : nlohmann::json();
  if (options_.shard.count > 1) layout_.job = pipeline::job_sum(job, counted_);
  output_.emplace(path_, layout_, has_journal ? &job : nullptr, options_.resume);
}

/// Continues behind the texts that an earlier run has embedded.
void EmbedRun::go_on() {
  state_ = *output_->resumed();
  state_.done.texts_resumed = state_.done.texts;
  state_.done.tokens_resumed = state_.done.tokens;
  if (options_.require_finite && state_.done.not_finite > 0)
    fail_not_finite(io::to_string({path_}) + "the vector of a text that an earlier run has embedded");
  if (state_.complete) return;
  source_.resume(state_.position, state_.number);
  if (source_.reader().crc() == state_.crc) return;
  throw io::argument_error(
      {path_}, "the inputs have changed before byte " + std::to_string(source_.reader().bytes()) +
                   ", up to which they are embedded; expected the same bytes (CRC-32 " +
                   std::to_string(state_.crc) + ", not " + std::to_string(source_.reader().crc()) + ")");
}

void EmbedRun::commit_chunk() {
  if (!pending_) return;
  output_->commit_chunk(window_end_);
  pending_ = false;
  next_chunk_ = std::chrono::steady_clock::now() + chunk_time;
}

void EmbedRun::check_stop() {
  if (!options_.stop.stop_requested()) return;
  commit_chunk();
  throw Error(ErrorCode::cancelled, io::to_string({path_}) + "stopped on request after " +
                                        std::to_string(state_.done.texts) + " texts");
}

void EmbedRun::report() const {
  if (!options_.on_progress) return;
  const Shard& shard = options_.shard;
  const std::int64_t texts = shard.count == 1 ? 0
                                              : counted_.texts * (shard.index + 1) / shard.count -
                                                    counted_.texts * shard.index / shard.count;
  options_.on_progress(
      {state_.done.texts, texts, state_.done.tokens, source_.reader().bytes(), source_.total_bytes()});
}

void EmbedRun::bad_line(const std::string& what) {
  if (!options_.skip_bad) {
    commit_chunk();
    throw Error(ErrorCode::file_format, what);
  }
  ++state_.done.bad_lines;
  if (options_.on_bad_line) options_.on_bad_line(what);
}

void EmbedRun::compute(std::size_t first, std::size_t last) {
  const std::int64_t begin = tokens_.offsets[first];
  const std::int64_t count = tokens_.offsets[last] - begin;
  std::vector<std::int64_t> offsets;
  for (std::size_t text = first; text <= last; ++text) offsets.push_back(tokens_.offsets[text] - begin);
  const TokenIds ids = {std::span(tokens_.ids).subspan(as_size(begin), as_size(count)),
                        std::span(tokens_.types).subspan(as_size(begin), as_size(count)), offsets};
  const std::int64_t rows = layout_.tokens ? count : static_cast<std::int64_t>(last - first);
  vectors_.resize(as_size(rows * layout_.width));
  const MatrixView vectors = {vectors_.data(), rows, layout_.width, layout_.width};
  if (layout_.tokens) return encoder_.encode(engine_, ids, vectors);
  EmbedOptions options = options_.embed;
  options.token_budget = budget_.tokens;
  encoder_.embed(engine_, ids, vectors, options);
}

void EmbedRun::check_finite(std::span<const float> vector, const pipeline::WindowText& text) {
  if (pipeline::is_finite(layout_, vector)) return;
  if (options_.require_finite)
    fail_not_finite(source_.place(window_.lines[text.line]) + ": the text's vector");
  ++state_.done.not_finite;
}

void EmbedRun::fail_not_finite(const std::string& what) const {
  throw Error(ErrorCode::unsupported, what + " has a value that is not finite as " +
                                          std::string(to_string(layout_.type)) + "; expected finite numbers");
}

void EmbedRun::write(std::size_t first, std::size_t last) {
  std::size_t at = 0;
  for (std::size_t text = first; text < last; ++text) {
    const pipeline::WindowText& source = tokens_.texts[text];
    const std::size_t values =
        as_size(layout_.tokens ? source.tokenized.tokens * layout_.width : layout_.width);
    row_.clear();
    check_finite(std::span(vectors_).subspan(at, values), source);
    pipeline::append_vector(layout_, std::span(vectors_).subspan(at, values), source.id,
                            state_.done.texts == 0, row_);
    output_->append(row_, source.tokenized.tokens);
    at += values;
    state_.done.texts += 1;
    state_.done.tokens += source.tokenized.tokens;
    state_.done.truncated += source.tokenized.truncated ? 1 : 0;
    state_.done.replaced += source.tokenized.replaced;
  }
}

/// Embeds texts first to last - 1. Where the encoder refuses ids, the line is found by bisection: vectors are
/// the same in any batch.
void EmbedRun::embed_texts(std::size_t first, std::size_t last) {
  try {
    compute(first, last);
  } catch (const Error& error) {
    if (!is_fault_of_ids(error)) throw;
    if (last - first == 1)
      return bad_line(source_.place(window_.lines[tokens_.texts[first].line]) + ": " + error.what());
    const std::size_t half = first + (last - first) / 2;
    embed_texts(first, half);
    return embed_texts(half, last);
  }
  write(first, last);
}

void EmbedRun::embed_window() {
  pipeline::tokenize_window(engine_, encoder_, options_, source_, window_, tokens_);
  for (const std::string& bad : tokens_.bad_lines) bad_line(bad);
  for (std::size_t first = 0, end = 0; first < tokens_.texts.size(); first = end) {
    end = layers::batch_end(tokens_.offsets, first, budget_.tokens);
    embed_texts(first, end);
  }
  state_.position = source_.reader().position();
  state_.number = source_.next_number();
  state_.crc = source_.reader().crc();
  state_.bytes = output_->size();
  state_.output_crc = output_->crc();
  window_end_ = state_;
  pending_ = true;
}

void EmbedRun::embed_all() {
  report();
  check_stop();
  while (source_.read(budget_.window, window_)) {
    embed_window();
    if (std::chrono::steady_clock::now() >= next_chunk_) commit_chunk();
    report();
    check_stop();
  }
  commit_chunk();
}

EmbedFilesSummary EmbedRun::run() {
  if (options_.shard.count > 1) take_shard();
  open_output();
  if (output_->resumed()) go_on();
  if (output_->complete()) return state_.done;
  try {
    embed_all();
    output_->finish(state_);
  } catch (const Error& error) {
    const std::int64_t kept = output_->texts_kept();
    if (kept == 0) throw;
    throw Error(error.code(), std::string(error.what()) + "; " + std::to_string(kept) +
                                  " texts are kept in " + io::GrowingFile::partial_path(path_).string() +
                                  ": --resume goes on from there");
  }
  return state_.done;
}

}  // namespace

EmbedFilesSummary embed_files(Engine& engine, const Encoder& encoder, std::span<const fs::path> inputs,
                              const fs::path& output, const EmbedFilesOptions& options) try {
  return EmbedRun(engine, encoder, inputs, output, options).run();
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
