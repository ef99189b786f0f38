#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "saccade/encoder.hpp"
#include "saccade/engine.hpp"
#include "saccade/export.hpp"
#include "saccade/storage_type.hpp"

namespace saccade {

/// How texts are stored in a file.
enum class TextFormat : std::uint8_t {
  lines,  ///< one text in each line, empty lines too; a carriage return before the newline is not part of it
  json_lines  ///< one JSON object in each line; blank lines are skipped
};

/// Part `index`, from 0, of a job of `count` parts: of n texts it has those from index * n / count up to, not
/// including, (index + 1) * n / count.
struct Shard {
  std::int64_t index = 0;  ///< 0 to count - 1
  std::int64_t count = 1;  ///< number of parts, 1 or more
};

/// Progress of a job over texts, including the part that a resumed run found done.
struct EmbedProgress {
  std::int64_t texts_done = 0;   ///< texts written
  std::int64_t texts = 0;        ///< of the job; 0: unknown
  std::int64_t tokens_done = 0;  ///< tokens of the texts written
  std::uint64_t bytes_done = 0;  ///< bytes of the inputs read
  std::uint64_t bytes = 0;       ///< bytes of all inputs; 0: unknown
};

/// Options of embed_files().
struct EmbedFilesOptions {
  /// Prompt, lengths, pooling and normalisation. A token_budget is lowered until a batch fits max_memory.
  EmbedOptions embed = {};
  /// The key under which a JSON line has its text.
  std::string field = "text";
  /// Format of inputs whose names end neither in .txt nor in .jsonl; unset: lines for the standard input, and
  /// an Error for others.
  std::optional<TextFormat> input_format = {};
  /// Element type of the stored vectors: f32, or f16, rounded to nearest.
  StorageType type = StorageType::f32;
  /// Write the vector of each token, before pooling, instead of one of each text: `tokens` [tokens][width]
  /// and `offsets` [texts + 1], f32, in .safetensors.
  bool tokens = false;
  /// Where count > 1: embed only this part, and write it to shard_path(). Needs inputs that are files.
  Shard shard = {};
  /// Continue an unfinished run of the same job, if there is one.
  bool resume = false;
  /// Leave out lines that have no valid text, instead of throwing.
  bool skip_bad = false;
  /// Throw Error{unsupported} for a vector with a value that is not finite, instead of counting it.
  bool require_finite = false;
  /// Limit of the work memory in bytes, without the weights; 0: a quarter of the smaller of machine memory
  /// and cgroup limit.
  std::size_t max_memory = 0;
  /// The directory that the encoder was read from, whose files must be the same in a resumed run. Empty: not
  /// checked.
  std::filesystem::path model = {};
  /// Called with the progress, from the calling thread.
  std::function<void(const EmbedProgress&)> on_progress = {};
  /// Called with "FILE:LINE: what is wrong" for each line left out, from the calling thread.
  std::function<void(const std::string&)> on_bad_line = {};
  /// Stops the job between two batches, with Error{cancelled}.
  std::stop_token stop = {};
};

/// Counts of a finished job, including those of earlier runs that it continued.
struct EmbedFilesSummary {
  std::int64_t texts = 0;           ///< texts written
  std::int64_t tokens = 0;          ///< tokens of these texts
  std::int64_t truncated = 0;       ///< texts that lost tokens because of max_length
  std::int64_t replaced = 0;        ///< invalid UTF-8 sequences, each read as one U+FFFD
  std::int64_t bad_lines = 0;       ///< lines left out
  std::int64_t not_finite = 0;      ///< texts with a NaN or infinity in what is stored of them
  std::int64_t texts_resumed = 0;   ///< of `texts`, those that a resumed run found done
  std::int64_t tokens_resumed = 0;  ///< of `tokens`, those that a resumed run found done
};

/// Embeds the texts of files, in order, into one output: .npy [texts][width], .safetensors with `embeddings`,
/// or .jsonl of {"id", "embedding"}. The input "-" is the standard input; the output "-" is .jsonl on the
/// standard output.
///
/// A JSON line has a text under `field`, or the `ids` of its tokens and optionally their `types`, which are
/// then not tokenized. Its `id`, of any JSON type, is kept; without one it is the number of the text in the
/// inputs, from 0.
///
/// The bytes of the output depend on the texts, the model, the options and the engine's accumulation, not on
/// threads, token budget, memory or interruptions. They are written to OUTPUT.partial, and a journal,
/// OUTPUT.manifest, records the progress; the output gets its name when it is complete. After a crash, a stop
/// or an Error both files stay if any text was done, and a run with `resume` continues. Streams, and outputs
/// of the standard input, have no journal.
///
/// Throws Error: file_format with "FILE:LINE: what is wrong; what was expected" for a line without a valid
/// text; unsupported, where require_finite is set, for a vector that is not finite; memory_limit, with both
/// numbers, where one text of the greatest length does not fit max_memory; invalid_argument where there is an
/// unfinished run and `resume` is not set, or where that was another job.
///
/// @code
/// const auto encoder = saccade::Encoder::load(engine, "all-MiniLM-L6-v2");
/// const std::filesystem::path inputs[] = {"a.txt", "b.jsonl"};
/// const auto summary = saccade::embed_files(engine, encoder, inputs, "vectors.npy",
///                                           {.type = saccade::StorageType::f16, .resume = true});
/// std::printf("%lld texts\n", static_cast<long long>(summary.texts));
/// @endcode
SACCADE_API EmbedFilesSummary embed_files(Engine& engine, const Encoder& encoder,
                                          std::span<const std::filesystem::path> inputs,
                                          const std::filesystem::path& output,
                                          const EmbedFilesOptions& options = {});

/// OUTPUT.shard-INDEX-of-COUNT, where embed_files() writes a part in the format of OUTPUT; OUTPUT where there
/// is one part.
SACCADE_API [[nodiscard]] std::filesystem::path shard_path(const std::filesystem::path& output,
                                                           const Shard& shard);

/// What merge_shards() has merged.
struct MergeSummary {
  std::int64_t shards = 0;  ///< number of parts
  std::uint64_t bytes = 0;  ///< of the output
};

/// Merges the outputs of all parts of a job: writes to `output` the bytes that embed_files() would have
/// written in one part. The parts' files stay. They must be made with one model, the same options and the
/// same accumulation. Throws Error{file_not_usable} naming what is missing, Error{file_format} where parts do
/// not fit together. `output` appears when it is complete.
SACCADE_API MergeSummary merge_shards(const std::filesystem::path& output);

}  // namespace saccade
