#include "pipeline/embed/embed_output.hpp"

#include <iterator>
#include <numeric>
#include <string>
#include <utility>

#include "io/files/crc32.hpp"
#include "io/files/errors.hpp"
#include "io/files/input_file.hpp"

namespace saccade::pipeline {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string texts_text(std::int64_t texts) {
  return std::to_string(texts) + (texts == 1 ? " text" : " texts");
}

Error unfinished(const fs::path& output, std::int64_t texts) {
  const std::string partial = io::GrowingFile::partial_path(output).string();
  return io::argument_error({output}, "an unfinished run holds " + texts_text(texts) + " in " + partial +
                                          "; --resume continues it, and removing that file and " +
                                          EmbedJournal::path_of(output).string() + " starts over");
}

std::string numbers(const EmbedState& state) {
  return std::to_string(state.bytes) + " bytes with the CRC-32 " + std::to_string(state.output_crc);
}

}  // namespace

EmbedOutput::EmbedOutput(fs::path path, const EmbeddingLayout& layout, const nlohmann::json* job, bool resume)
    : path_(std::move(path)),
      layout_(layout),
      file_(path_, layout.header_size()),
      has_chunks_(job != nullptr) {
  if (io::is_stream(path_)) {
    file_.start_over();
  } else {
    open(job, resume);
  }
}

void EmbedOutput::open(const nlohmann::json* job, bool resume) {
  journal_.emplace(path_);
  if (journal_->state()) find_unfinished(job, resume);
  if (complete()) return finish_resumed();
  if (resumed_) return file_.resume(resumed_->bytes, resumed_->output_crc);
  if (file_.found() > 0 && !journal_->has_job()) {
    const fs::path partial = io::GrowingFile::partial_path(path_);
    throw Error(ErrorCode::file_not_usable,
                io::to_string({partial}) + "is not what an unfinished run has left, since " +
                    EmbedJournal::path_of(path_).string() + " does not exist; expected no file of this name");
  }
  file_.start_over();
  journal_->begin(has_chunks_ ? *job : nlohmann::json());
}

void EmbedOutput::find_unfinished(const nlohmann::json* job, bool resume) {
  const EmbedState& state = *journal_->state();
  // A complete output may have its name already; then it lacks nothing.
  if (!resume && (file_.found() > 0 || !state.complete)) throw unfinished(path_, state.done.texts);
  if (!resume) return;
  journal_->require_same(*job);
  resumed_ = state;
  lengths_ = journal_->lengths();
  lengths_kept_ = lengths_.size();
  check_sizes();
}

/// The journal's sums hold: this finds what no run of this version writes.
void EmbedOutput::check_sizes() const {
  const std::int64_t tokens = std::accumulate(lengths_.begin(), lengths_.end(), std::int64_t{0});
  const std::optional<std::uint64_t> bytes =
      layout_.bytes(resumed_->done.texts, resumed_->done.tokens, resumed_->complete);
  const bool has_lengths =
      !layout_.tokens || (std::ssize(lengths_) == resumed_->done.texts && tokens == resumed_->done.tokens);
  if (has_lengths && resumed_->bytes == bytes.value_or(resumed_->bytes)) return;
  throw io::format_error(
      {EmbedJournal::path_of(path_)},
      "has " + texts_text(resumed_->done.texts) + " in " + std::to_string(resumed_->bytes) + " bytes" +
          (bytes ? "; expected " + std::to_string(*bytes) : "") + " with the lengths of all texts");
}

/// Only the name is missing, or not even that.
void EmbedOutput::finish_resumed() {
  const std::string first = header(*resumed_);
  if (file_.found() > 0) {
    if (file_.found() != resumed_->bytes || !file_.begins_with(first)) {
      throw io::format_error({io::GrowingFile::partial_path(path_)},
                             "is not the complete output of " + numbers(*resumed_) + " that " +
                                 EmbedJournal::path_of(path_).string() +
                                 " describes; removing both starts over");
    }
    file_.resume(resumed_->bytes, resumed_->output_crc);
    file_.finish();
    file_.commit();
  } else {
    io::InputFile output(path_);
    if (output.size() != resumed_->bytes || io::read_string(output, 0, first.size()) != first ||
        io::crc32_of_range(output.descriptor(), first.size(), output.size()) != resumed_->output_crc) {
      throw io::format_error({path_}, "is not the complete output of " + numbers(*resumed_) + " that " +
                                          EmbedJournal::path_of(path_).string() +
                                          " describes; removing that starts over");
    }
  }
  journal_->remove();
}

std::string EmbedOutput::header(const EmbedState& state) const {
  return layout_.header(path_, state.done.texts, layout_.tokens ? state.done.tokens : state.done.texts);
}

std::int64_t EmbedOutput::texts_kept() const noexcept {
  return journal_ && journal_->state() ? journal_->state()->done.texts : 0;
}

void EmbedOutput::append(std::string_view vectors, std::int64_t tokens) {
  file_.append(bytes_of(vectors));
  if (layout_.tokens) lengths_.push_back(tokens);
}

void EmbedOutput::commit_chunk(const EmbedState& state) {
  file_.sync();
  if (!journal_ || !has_chunks_) return;
  const std::size_t lengths = layout_.tokens ? static_cast<std::size_t>(state.done.texts) : 0;
  journal_->append(state, std::span(lengths_).first(lengths).subspan(lengths_kept_));
  lengths_kept_ = lengths;
  journal_->keep();
  file_.keep();
}

void EmbedOutput::write_offsets() {
  std::int64_t offset = 0;
  file_.append(std::as_bytes(std::span(&offset, 1)));
  for (const std::int64_t length : lengths_) {
    offset += length;
    file_.append(std::as_bytes(std::span(&offset, 1)));
  }
}

void EmbedOutput::finish(EmbedState state) {
  if (layout_.tokens) write_offsets();
  const std::string first = header(state);
  if (!first.empty()) file_.write_first(bytes_of(first));
  state.bytes = file_.size();
  state.output_crc = file_.crc();
  file_.finish();
  if (journal_ && has_chunks_) {
    state.complete = true;
    journal_->append(state, {});
    journal_->keep();
    file_.keep();
  }
  file_.commit();
  if (journal_) journal_->remove();
}

}  // namespace saccade::pipeline
