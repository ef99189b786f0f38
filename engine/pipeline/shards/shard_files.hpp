#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/files/input_file.hpp"
#include "pipeline/embed/embedding_layout.hpp"

namespace saccade::pipeline {

/// A finished part of an output.
struct ShardFile {
  std::shared_ptr<io::InputFile> file;
  EmbeddingLayout layout;
  std::int64_t texts = 0;    ///< not known of JSON lines
  std::int64_t vectors = 0;  ///< not known of JSON lines
  std::uint64_t begin = 0;   ///< of the vectors in the file
  std::uint64_t end = 0;
  std::string job = {};         ///< what all parts of one job have in common; empty: the part does not say
  std::uint64_t job_begin = 0;  ///< of the bytes between begin and end that say it: only in JSON lines
  std::uint64_t job_end = 0;
};

/// All parts of an output, in order, of one layout and one job. Throws Error{file_not_usable} naming the
/// parts that are missing, Error{file_format} where they are not parts of one output.
[[nodiscard]] std::vector<ShardFile> find_shards(const std::filesystem::path& output);

}  // namespace saccade::pipeline
