#include "pipeline/embed/embed_output.hpp"

#include <string>
#include <system_error>
#include <utility>

#include "io/files/errors.hpp"

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

bool has_size(const fs::path& path, std::uint64_t size) {
  std::error_code missing;
  const std::uint64_t held = fs::file_size(path, missing);
  return !missing && held == size;
}

}  // namespace

EmbedOutput::EmbedOutput(fs::path path, const EmbeddingLayout& layout, const nlohmann::json* job, bool resume)
    : path_(std::move(path)), layout_(layout) {
  if (job != nullptr) {
    open(*job, resume);
  } else {
    spare_unfinished();
  }
  if (complete()) {
    finish_resumed();
  } else if (resumed_) {
    file_.emplace(path_, resumed_->bytes);
    file_->keep();
  } else {
    if (journal_) journal_->begin(*job);
    file_.emplace(path_);
    file_->append(bytes_of(std::string(layout_.header_size(), '\0')));
  }
}

void EmbedOutput::open(const nlohmann::json& job, bool resume) {
  journal_.emplace(path_);
  if (!journal_->state()) return;
  const EmbedState& state = *journal_->state();
  // A complete output may have its name already; then it lacks nothing.
  const bool partial = fs::exists(io::GrowingFile::partial_path(path_));
  if (!resume && (partial || !state.complete)) throw unfinished(path_, state.done.texts);
  if (!resume) return;
  journal_->require_same(job);
  resumed_ = state;
  lengths_ = journal_->lengths();
  lengths_kept_ = lengths_.size();
}

/// A run that keeps no journal writes to the same place as one that does.
void EmbedOutput::spare_unfinished() const {
  if (io::is_stream(path_) || !fs::exists(EmbedJournal::path_of(path_))) return;
  const EmbedJournal before(path_);
  if (before.state()) throw unfinished(path_, before.state()->done.texts);
}

/// All that is missing is the name, or not even that.
void EmbedOutput::finish_resumed() {
  const fs::path partial = io::GrowingFile::partial_path(path_);
  if (fs::exists(partial)) {
    if (!has_size(partial, resumed_->bytes)) {
      throw io::format_error({partial}, "is not the complete output of " + std::to_string(resumed_->bytes) +
                                            " bytes that " + EmbedJournal::path_of(path_).string() +
                                            " tells of; removing both starts over");
    }
    file_.emplace(path_, resumed_->bytes);
    file_->keep();
    file_->finish();
    file_->commit();
  } else if (!has_size(path_, resumed_->bytes)) {
    throw io::format_error({path_}, "is not the complete output that " +
                                        EmbedJournal::path_of(path_).string() +
                                        " tells of; removing that starts over");
  }
  journal_->remove();
}

std::int64_t EmbedOutput::texts_kept() const noexcept {
  return journal_ && journal_->state() ? journal_->state()->done.texts : 0;
}

void EmbedOutput::append(std::string_view vectors, std::int64_t tokens) {
  file_->append(bytes_of(vectors));
  if (layout_.tokens) lengths_.push_back(tokens);
}

void EmbedOutput::commit_chunk(const EmbedState& state) {
  file_->sync();
  if (!journal_) return;
  const std::size_t lengths = layout_.tokens ? static_cast<std::size_t>(state.done.texts) : 0;
  journal_->append(state, std::span(lengths_).first(lengths).subspan(lengths_kept_));
  lengths_kept_ = lengths;
  journal_->keep();
  file_->keep();
}

void EmbedOutput::write_offsets() {
  std::int64_t offset = 0;
  file_->append(std::as_bytes(std::span(&offset, 1)));
  for (const std::int64_t length : lengths_) {
    offset += length;
    file_->append(std::as_bytes(std::span(&offset, 1)));
  }
}

void EmbedOutput::finish(EmbedState state) {
  if (layout_.tokens) write_offsets();
  const std::string header =
      layout_.header(path_, state.done.texts, layout_.tokens ? state.done.tokens : state.done.texts);
  if (!header.empty()) file_->write_first(bytes_of(header));
  state.bytes = file_->size();
  file_->finish();
  if (journal_) {
    state.complete = true;
    journal_->append(state, {});
    journal_->keep();
  }
  if (journal_) file_->keep();
  file_->commit();
  if (journal_) journal_->remove();
}

}  // namespace saccade::pipeline
