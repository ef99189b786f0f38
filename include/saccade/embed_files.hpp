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

/// How a file holds texts.
enum class TextFormat : std::uint8_t {
  lines,      ///< a text a line, empty ones too; a carriage return before the newline is no part of it
  json_lines  ///< a JSON object a line, blank lines apart
};

/// Part `index` of `count`, from 0: texts index * n / count to (index + 1) * n / count - 1 of all n.
struct Shard {
  std::int64_t index = 0;
  std::int64_t count = 1;
};

/// How far a job over texts has come, the part of it that a resumed run found done included.
struct EmbedProgress {
  std::int64_t texts_done = 0;
  std::int64_t texts = 0;  ///< 0: unknown
  std::int64_t tokens_done = 0;
  std::uint64_t bytes_done = 0;  ///< of the inputs
  std::uint64_t bytes = 0;       ///< of all inputs; 0: unknown
};

struct EmbedFilesOptions {
  EmbedOptions embed = {};
  /// The key of a JSON line's text.
  std::string field = "text";
  /// What inputs are whose names end in neither .txt nor .jsonl; unset: lines for the standard input, an
  /// Error for others.
  std::optional<TextFormat> input_format = {};
  /// How vectors are stored: f32, or f16, rounded to nearest.
  StorageType type = StorageType::f32;
  /// Write the vector of each token, before pooling, instead of one of each text: `tokens` [tokens][width]
  /// and `offsets` [texts + 1], f32, in .safetensors.
  bool tokens = false;
  /// Of several, only this part, written to shard_path(). Not with the standard input.
  Shard shard = {};
  /// Go on with an unfinished run of the same job, if there is one.
  bool resume = false;
  /// Leave out lines that are no text, instead of throwing.
  bool skip_bad = false;
  /// Work memory in bytes, beside the weights; 0: a quarter of the smaller of machine memory and cgroup
  /// limit. The token budget is lowered until a batch of texts of the greatest length fits.
  std::size_t max_memory = 0;
  /// The directory that the encoder was read from: a resumed run must have the same files there. Empty: the
  /// encoder came with the program.
  std::filesystem::path model = {};
  /// Called from the calling thread.
  std::function<void(const EmbedProgress&)> on_progress = {};
  /// Called with "FILE:LINE: what is wrong" for each line left out.
  std::function<void(const std::string&)> on_bad_line = {};
  std::stop_token stop = {};
};

struct EmbedFilesSummary {
  std::int64_t texts = 0;
  std::int64_t tokens = 0;
  std::int64_t truncated = 0;  ///< texts that lost tokens for max_length
  std::int64_t replaced = 0;   ///< invalid parts of UTF-8, each read as one U+FFFD
  std::int64_t bad_lines = 0;
  /// Of texts and tokens, those that a resumed run found done.
  std::int64_t texts_resumed = 0;
  std::int64_t tokens_resumed = 0;
};

/// Embeds the texts of files in order into one output: .npy [texts][width], .safetensors with `embeddings`,
/// or .jsonl of {"id", "embedding"}. "-" is the standard input, and .jsonl on the standard output.
///
/// A JSON line has a text under `field`, or `ids`, and perhaps `types`, of tokens that are taken as they are.
/// Its `id` is kept, whatever it is; where there is none it is the number of the text in the inputs, from 0.
///
/// The bytes of the output follow from the texts, the model, the options and the engine's accumulation, not
/// from threads, token budget, memory or interruptions. Results grow in OUTPUT.partial, and a journal in
/// OUTPUT.manifest says how far they have come; the output gets its name when it is complete. After a crash,
/// a stop or an Error both stay if any text was done, and `resume` goes on from there. Streams, and outputs
/// of the standard input, have no journal.
///
/// Throws Error: file_format with "FILE:LINE: what is wrong; what was expected" for a line that is no text;
/// memory_limit, with both numbers, where one text of the greatest length does not fit; invalid_argument
/// where an unfinished run is there and `resume` is not asked for, or where it was another job.
SACCADE_API EmbedFilesSummary embed_files(Engine& engine, const Encoder& encoder,
                                          std::span<const std::filesystem::path> inputs,
                                          const std::filesystem::path& output,
                                          const EmbedFilesOptions& options = {});

/// OUTPUT.shard-INDEX-of-COUNT: where embed_files() writes a part, in the format of OUTPUT.
SACCADE_API [[nodiscard]] std::filesystem::path shard_path(const std::filesystem::path& output,
                                                           const Shard& shard);

struct MergeSummary {
  std::int64_t shards = 0;
  std::uint64_t bytes = 0;  ///< of the output
};

/// Writes to `output` what embed_files() would have written in one part, byte for byte, from the files of all
/// its parts, which stay: made with one model, the same options and the same accumulation. Throws
/// Error{file_not_usable} naming what is missing, Error{file_format} where parts do not fit together.
/// `output` appears when it is complete.
SACCADE_API MergeSummary merge_shards(const std::filesystem::path& output);

}  // namespace saccade
