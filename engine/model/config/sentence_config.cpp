#include "model/config/sentence_config.hpp"

#include <string_view>
#include <utility>

#include "io/files/errors.hpp"
#include "io/files/input_file.hpp"
#include "io/json/json_value.hpp"
#include "model/config/sentence_modules.hpp"

namespace saccade::model {
namespace {

/// Names of the same file: older versions named it after the kind of encoder.
constexpr const char* transformer_files[] = {
    "sentence_bert_config.json",      "sentence_roberta_config.json", "sentence_distilbert_config.json",
    "sentence_camembert_config.json", "sentence_albert_config.json",  "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json"};

/// Refuses the other tasks of newer versions.
void require_text_encoder(const io::JsonValue& transformer) {
  if (transformer.text("transformer_task", "feature-extraction") != "feature-extraction")
    throw transformer.unsupported("transformer_task", "feature-extraction");
  if (transformer.text("module_output_name", "token_embeddings") != "token_embeddings")
    throw transformer.unsupported("module_output_name", "token_embeddings");
  if (transformer.has("query_expansion")) throw transformer.unsupported("query_expansion", "none");
  if (!transformer.has("modality_config")) return;
  const io::JsonValue text = transformer.at("modality_config").at("text");
  if (text.at("method_output_name").texts() != std::vector<std::string>{"last_hidden_state"})
    throw text.unsupported("method_output_name", "last_hidden_state");
}

void read_transformer(SentenceConfig& config) {
  for (const char* name : transformer_files) {
    const std::filesystem::path path = config.encoder / name;
    if (!io::file_exists(path)) continue;
    const io::JsonValue transformer = io::read_json(path);
    require_text_encoder(transformer);
    if (transformer.has("max_seq_length"))
      config.max_tokens = transformer.at("max_seq_length").whole({.least = 1});
    config.lower_case = transformer.flag("do_lower_case", false);
    return;
  }
}

void read_prompts(const std::filesystem::path& directory, SentenceConfig& config) {
  config.prompts = {{"query", ""}, {"document", ""}};  // those of every sentence-transformers model
  const std::filesystem::path path = directory / "config_sentence_transformers.json";
  if (!io::file_exists(path)) return;
  const io::JsonValue all = io::read_json(path);
  if (all.text("model_type", "SentenceTransformer") != "SentenceTransformer")
    throw all.unsupported("model_type", "SentenceTransformer");
  if (all.has("truncate_dim")) throw all.unsupported("truncate_dim", "null");
  if (all.has("prompts")) {
    all.at("prompts").each_member([&](const std::string& name, const io::JsonValue& prompt) {
      config.prompts[name] = prompt.is_null() ? "" : prompt.text();
    });
  }
  if (!all.has("default_prompt_name")) return;
  config.default_prompt = all.at("default_prompt_name").text();
  if (!config.prompts.contains(*config.default_prompt))
    throw all.wrong("default_prompt_name", "a name from 'prompts'");
}

}  // namespace

SentenceConfig read_sentence_config(const std::filesystem::path& directory) {
  SentenceConfig config;
  config.encoder = directory;
  if (!io::file_exists(directory / "modules.json")) return config;
  read_modules(directory, config);
  read_transformer(config);
  read_prompts(directory, config);
  return config;
}

std::int64_t embedding_width(const SentenceConfig& config, std::int64_t token_width) {
  std::int64_t width = token_width * static_cast<std::int64_t>(config.pooling.size());
  for (const SentenceStep& step : config.steps) {
    const Dense* dense = std::get_if<Dense>(&step);
    if (dense == nullptr) continue;
    if (dense->in != width) {
      throw io::format_error({dense->directory / "config.json"},
                             "'in_features' is " + std::to_string(dense->in) + "; expected " +
                                 std::to_string(width) + ", as what comes before it gives");
    }
    width = dense->out;
  }
  return width;
}

}  // namespace saccade::model
