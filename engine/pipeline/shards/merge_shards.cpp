#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "core/public_call.hpp"
#include "io/files/errors.hpp"
#include "io/files/growing_file.hpp"
#include "io/files/output_file.hpp"
#include "pipeline/shards/shard_files.hpp"
#include "saccade/embed_files.hpp"
#include "saccade/error.hpp"

namespace saccade {
namespace {

namespace fs = std::filesystem;
using pipeline::ShardFile;

constexpr std::size_t piece_size = 1 << 20;

/// The end of the output, where the next byte goes.
class Appender {
 public:
  explicit Appender(io::OutputFile& file) : file_(file) {}

  void append(std::span<const std::byte> bytes) {
    file_.write(end_, bytes);
    end_ += bytes.size();
  }
  [[nodiscard]] std::uint64_t end() const noexcept { return end_; }

 private:
  io::OutputFile& file_;
  std::uint64_t end_ = 0;
};

void append_range(io::InputFile& file, std::uint64_t begin, std::uint64_t end, Appender& out) {
  std::vector<std::byte> piece(piece_size);
  while (begin < end) {
    const std::uint64_t count = std::min<std::uint64_t>(piece.size(), end - begin);
    file.read(begin, std::span(piece).first(count));
    out.append(std::span(piece).first(count));
    begin += count;
  }
}

/// All vectors, without what says of which job they are a part.
void append_vectors(const ShardFile& shard, Appender& out) {
  const std::uint64_t gap = shard.job_end > 0 ? shard.job_begin : shard.begin;
  append_range(*shard.file, shard.begin, gap, out);
  append_range(*shard.file, std::max(gap, shard.job_end), shard.end, out);
}

void require_offset(const ShardFile& shard, bool fits, std::int64_t index, std::int64_t offset) {
  if (fits) return;
  throw io::format_error({shard.file->path(), "offsets"},
                         "has " + std::to_string(offset) + " at " + std::to_string(index) +
                             "; expected numbers that ascend from 0 to the " + std::to_string(shard.vectors) +
                             " tokens");
}

/// Offsets of a part count from its own first token.
void append_offsets(const ShardFile& shard, std::int64_t tokens_before, Appender& out) {
  std::vector<std::int64_t> piece(piece_size / sizeof(std::int64_t));
  std::int64_t before = 0;
  shard.file->read(shard.end, std::as_writable_bytes(std::span(&before, 1)));
  require_offset(shard, before == 0, 0, before);
  for (std::int64_t text = 1; text <= shard.texts;) {
    const auto rest = static_cast<std::size_t>(shard.texts - text + 1);
    const auto offsets = std::span(piece).first(std::min(piece.size(), rest));
    shard.file->read(shard.end + static_cast<std::uint64_t>(text) * sizeof(std::int64_t),
                     std::as_writable_bytes(offsets));
    for (std::int64_t& offset : offsets) {
      require_offset(shard, offset >= before && offset <= shard.vectors, text++, offset);
      before = offset;
      offset += tokens_before;
    }
    out.append(std::as_bytes(offsets));
  }
  require_offset(shard, before == shard.vectors, shard.texts, before);
}

void append_header(const fs::path& output, const std::vector<ShardFile>& shards, Appender& out) {
  std::int64_t texts = 0, vectors = 0;
  for (const ShardFile& shard : shards) {
    texts += shard.texts;
    vectors += shard.vectors;
  }
  const std::string header = shards[0].layout.header(output, texts, vectors);
  out.append(std::as_bytes(std::span(header)));
}

}  // namespace

MergeSummary merge_shards(const fs::path& output) try {
  if (io::is_stream(output))
    throw io::argument_error({output}, "is a stream, which has no parts; expected the name of a file");
  const std::vector<ShardFile> shards = pipeline::find_shards(output);
  io::OutputFile file(output);
  Appender out(file);
  append_header(output, shards, out);
  for (const ShardFile& shard : shards) append_vectors(shard, out);
  if (shards[0].layout.tokens) {
    const std::int64_t zero = 0;
    out.append(std::as_bytes(std::span(&zero, 1)));
    std::int64_t tokens = 0;
    for (const ShardFile& shard : shards) {
      append_offsets(shard, tokens, out);
      tokens += shard.vectors;
    }
  }
  file.finish();
  file.commit();
  return {static_cast<std::int64_t>(shards.size()), out.end()};
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
