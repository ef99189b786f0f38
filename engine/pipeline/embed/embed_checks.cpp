#include "pipeline/embed/embed_checks.hpp"

#include <string>
#include <vector>

#include "io/files/errors.hpp"
#include "io/files/growing_file.hpp"
#include "io/files/output_path.hpp"
#include "pipeline/embed/embed_journal.hpp"
#include "pipeline/embed/model_fingerprint.hpp"
#include "saccade/error.hpp"

namespace saccade::pipeline {

namespace fs = std::filesystem;

EmbeddingLayout layout_of(const Encoder& encoder, const fs::path& output, const EmbedFilesOptions& options) {
  EmbeddingLayout layout = {embedding_format_of(output), options.type,
                            options.tokens ? encoder.width() : encoder.embedding_width(options.embed),
                            options.tokens};
  validate(layout, output);
  return layout;
}

void check_shard(const fs::path& output, const Shard& shard) {
  if (shard.count < 1 || shard.index < 0 || shard.index >= shard.count) {
    throw Error(ErrorCode::invalid_argument, "shard " + std::to_string(shard.index) + " of " +
                                                 std::to_string(shard.count) +
                                                 " is none; expected one from 0 to their number - 1");
  }
  if (shard.count > 1 && io::is_stream(output))
    throw io::argument_error({output}, "is a stream, which has no shards; expected a file on disk");
}

void check_paths(std::span<const fs::path> inputs, const fs::path& output, const fs::path& model) {
  if (inputs.empty()) throw Error(ErrorCode::invalid_argument, "there is no input; expected one or more");
  if (io::is_stream(output)) return;
  const std::vector<fs::path> written = {output, io::GrowingFile::partial_path(output),
                                         EmbedJournal::path_of(output)};
  for (const fs::path& input : inputs) {
    for (const fs::path& path : written)
      if (io::same_file(path, input)) throw io::argument_error({path}, "is the input too");
  }
  if (model.empty()) return;
  for (const fs::path& name : model_files(model)) {
    for (const fs::path& path : written)
      if (io::same_file(path, model / name)) throw io::argument_error({path}, "is a file of the model too");
  }
}

void check_options(const Encoder& encoder, const EmbedFilesOptions& options, bool needs_tokenizer) {
  TokenBatch batch;
  try {
    static_cast<void>(encoder.append(batch, "", options.embed));
  } catch (const Error& error) {
    if (needs_tokenizer || error.code() == ErrorCode::invalid_argument) throw;
  }
}

}  // namespace saccade::pipeline
