#include "pipeline/batch/batch_output.hpp"

#include <vector>

#include "core/as_size.hpp"
#include "io/files/errors.hpp"
#include "io/files/output_path.hpp"

namespace saccade::pipeline {
namespace {

namespace fs = std::filesystem;
using core::as_size;

constexpr const char* offsets_name = "offsets";

std::int64_t rows_of(const BatchFileOptions& options) {
  return static_cast<std::int64_t>(options.rows.size());
}

/// Offsets are written as they were given. Rows of an x without offsets have sequences too, which an .npy
/// cannot tell.
std::optional<StorageType> offsets_type(const fs::path& path, const BatchInput& input,
                                        const BatchFileOptions& options) {
  if (input.offsets_type() || options.rows.empty() || path.extension() == ".npy") return input.offsets_type();
  return input.length() ? std::optional(StorageType::i64) : std::nullopt;
}

std::vector<std::int64_t> offsets_of(const BatchInput& input, const BatchFileOptions& options) {
  std::vector<std::int64_t> offsets(input.offsets().begin(), input.offsets().end());
  if (options.rows.empty()) return offsets;
  for (std::size_t s = 0; s < offsets.size(); ++s)
    offsets[s] = static_cast<std::int64_t>(s) * rows_of(options);
  return offsets;
}

TensorInfo shaped_like_x(const char* name, const BatchInput& input, std::int64_t columns,
                         const BatchFileOptions& options) {
  if (!options.rows.empty()) return {name, StorageType::f32, {input.sequences() * rows_of(options), columns}};
  if (input.length()) return {name, StorageType::f32, {input.sequences(), *input.length(), columns}};
  return {name, StorageType::f32, {input.tokens(), columns}};
}

std::vector<TensorInfo> result_tensors(const fs::path& path, const BatchInput& input,
                                       const SelfAttention& layer, const BatchFileOptions& options) {
  std::vector<TensorInfo> tensors = {shaped_like_x("z", input, layer.output_width(), options)};
  if (options.context) tensors.push_back(shaped_like_x("context", input, layer.context_width(), options));
  if (const auto type = offsets_type(path, input, options))
    tensors.push_back({offsets_name, *type, {input.sequences() + 1}});
  return tensors;
}

std::string map_name(std::int64_t sequence) {
  return "probabilities_" + std::to_string(sequence);
}

TensorFileWriter open_probabilities(const BatchInput& input, const SelfAttention& layer,
                                    const BatchFileOptions& options) {
  std::vector<TensorInfo> tensors;
  for (std::int64_t s = 0; s < input.sequences(); ++s) {
    const auto at = as_size(s);
    const std::int64_t keys = input.offsets()[at + 1] - input.offsets()[at];
    const std::int64_t queries = options.rows.empty() ? keys : rows_of(options);
    tensors.push_back({map_name(input.number(s)), StorageType::f32, {layer.heads(), queries, keys}});
  }
  return {options.probabilities, std::move(tensors)};
}

void check_paths(const fs::path& results, const fs::path& input, const fs::path& probabilities) {
  if (io::same_file(results, input)) throw io::argument_error({results}, "is the input too");
  if (probabilities.empty()) return;
  if (io::same_file(probabilities, input)) throw io::argument_error({probabilities}, "is the input too");
  if (io::same_file(probabilities, results))
    throw io::argument_error({results}, "is to hold z and probabilities");
}

void check_format(const fs::path& path, const BatchInput& input) {
  if (path.extension() != ".npy" || !input.offsets_type()) return;
  throw io::argument_error({path}, "an .npy holds one tensor, but " + input.path().string() +
                                       " has offsets (" + std::to_string(input.sequences() + 1) +
                                       "), which are to stand beside z: use .npz or .safetensors");
}

TensorFileWriter open_results(const fs::path& path, const BatchInput& input, const SelfAttention& layer,
                              const BatchFileOptions& options) {
  check_paths(path, input.path(), options.probabilities);
  check_format(path, input);
  TensorFileWriter writer(path, result_tensors(path, input, layer, options));
  if (offsets_type(path, input, options))
    writer.append(offsets_name, std::span<const std::int64_t>(offsets_of(input, options)));
  return writer;
}

}  // namespace

BatchOutput::BatchOutput(const fs::path& path, const BatchInput& input, const SelfAttention& layer,
                         const BatchFileOptions& options)
    : results_(open_results(path, input, layer, options)) {
  if (!options.probabilities.empty()) probabilities_ = open_probabilities(input, layer, options);
}

void BatchOutput::append(std::span<const float> z, std::span<const float> context) {
  results_.append("z", z);
  if (!context.empty()) results_.append("context", context);
}

void BatchOutput::append(const SequenceProbabilities& probabilities) {
  if (probabilities_) probabilities_->append(map_name(probabilities.sequence), probabilities.values);
}

void BatchOutput::commit() {
  if (probabilities_) probabilities_->finish();
  results_.finish();
  if (probabilities_) probabilities_->commit();
  results_.commit();
}

}  // namespace saccade::pipeline
