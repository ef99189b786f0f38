#include "pipeline/embed/embed_job.hpp"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "io/files/crc32.hpp"
#include "pipeline/embed/escaped_bytes.hpp"
#include "pipeline/embed/model_fingerprint.hpp"
#include "saccade/version.hpp"

namespace saccade::pipeline {
namespace {

using nlohmann::json;

constexpr std::array pooling_names = {"first", "last", "mean", "mean_sqrt", "weighted_mean", "max"};
static_assert(static_cast<std::size_t>(Pooling::max) + 1 == pooling_names.size());

constexpr std::array format_names = {"npy", "safetensors", "jsonl"};
static_assert(static_cast<std::size_t>(EmbeddingFormat::json_lines) + 1 == format_names.size());

json names_of(std::span<const Pooling> pooling) {
  json names = json::array();
  for (const Pooling one : pooling) names.push_back(pooling_names[static_cast<std::size_t>(one)]);
  return names;
}

json describe_inputs(std::span<const std::filesystem::path> inputs, const EmbedFilesOptions& options) {
  json paths = json::array();
  for (const auto& input : inputs) paths.push_back(escaped_bytes(input.string()));
  json described = {{"paths", paths}, {"field", escaped_bytes(options.field)}, {"format", nullptr}};
  if (options.input_format)
    described["format"] = *options.input_format == TextFormat::json_lines ? "jsonl" : "lines";
  return described;
}

}  // namespace

json describe_job(const Engine& engine, std::span<const std::filesystem::path> inputs,
                  const EmbeddingLayout& layout, const EmbedFilesOptions& options, std::int64_t texts) {
  const EmbedOptions& embed = options.embed;
  json described = {
      {"saccade", version()},
      {"contract", numerical_contract},
      {"accumulation", to_string(engine.accumulation())},
      {"model", options.model.empty() ? json() : model_fingerprint(options.model)},
      {"inputs", describe_inputs(inputs, options)},
      {"prompt", embed.prompt ? json(escaped_bytes(*embed.prompt)) : json()},
      {"prompt_name", escaped_bytes(embed.prompt_name)},
      {"max_length", embed.max_length},
      {"pooling", names_of(embed.pooling)},
      {"normalize", embed.normalize ? json(*embed.normalize) : json()},
      {"truncate_dim", embed.truncate_dim},
      {"tokens", layout.tokens},
      {"width", layout.width},
      {"dtype", to_string(layout.type)},
      {"format", format_names[static_cast<std::size_t>(layout.format)]},
  };
  if (options.shard.count > 1)
    described["shard"] = {{"index", options.shard.index}, {"count", options.shard.count}, {"texts", texts}};
  return described;
}

std::string job_sum(nlohmann::json job, const TextCount& inputs) {
  job["inputs"].erase("paths");
  job["inputs"]["bytes"] = inputs.bytes;
  job["inputs"]["crc32"] = inputs.crc;
  job["shard"].erase("index");
  const std::string text = job.dump();
  io::Crc32 crc;
  crc.add(std::as_bytes(std::span(text)));
  std::array<char, 9> sum;
  std::snprintf(sum.data(), sum.size(), "%08x", static_cast<unsigned>(crc.value()));
  return sum.data();
}

}  // namespace saccade::pipeline
