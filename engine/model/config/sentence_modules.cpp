#include "model/config/sentence_modules.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "core/join.hpp"
#include "io/files/errors.hpp"
#include "io/files/input_file.hpp"
#include "io/json/json_value.hpp"

namespace saccade::model {
namespace {

struct PoolingName {
  std::string_view name;
  std::string_view old_key;  ///< true or false, before there was "pooling_mode"
  Pooling pooling;
};

/// In the order in which the old keys' vectors stand.
constexpr PoolingName pooling_names[] = {
    {"cls", "pooling_mode_cls_token", Pooling::first},
    {"max", "pooling_mode_max_tokens", Pooling::max},
    {"mean", "pooling_mode_mean_tokens", Pooling::mean},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", Pooling::mean_sqrt},
    {"weightedmean", "pooling_mode_weightedmean_tokens", Pooling::weighted_mean},
    {"lasttoken", "pooling_mode_lasttoken", Pooling::last},
};

struct DenseActivation {
  std::string_view name;  ///< as torch calls it
  Activation activation;
};

constexpr DenseActivation dense_activations[] = {
    {"torch.nn.modules.linear.Identity", Activation::none},
    {"torch.nn.modules.activation.Tanh", Activation::tanh},
    {"torch.nn.modules.activation.ReLU", Activation::relu},
    {"torch.nn.modules.activation.GELU", Activation::gelu},
    {"torch.nn.modules.activation.SiLU", Activation::silu},
};

Pooling find_pooling(const io::JsonValue& config, const std::string& mode) {
  for (const PoolingName& known : pooling_names)
    if (known.name == mode) return known.pooling;
  throw config.unsupported("pooling_mode", core::join(pooling_names, &PoolingName::name));
}

std::vector<Pooling> read_pooling_modes(const io::JsonValue& config) {
  std::vector<Pooling> modes;
  if (config.has("pooling_mode")) {
    for (const std::string& mode : config.at("pooling_mode").texts())
      modes.push_back(find_pooling(config, mode));
    if (modes.empty())
      throw config.wrong("pooling_mode", "at least one of " + core::join(pooling_names, &PoolingName::name));
    return modes;
  }
  for (const PoolingName& known : pooling_names)
    if (config.flag(known.old_key, false)) modes.push_back(known.pooling);
  return modes.empty() ? std::vector<Pooling>{Pooling::mean} : modes;
}

void read_pooling(const std::filesystem::path& directory, SentenceConfig& sentence) {
  const io::JsonValue config = io::read_json(directory / "config.json");
  sentence.pooling = read_pooling_modes(config);
  sentence.pools_prompt = config.flag("include_prompt", true);
}

/// A step may also work on the vectors of tokens.
void require_sentence_vectors(const io::JsonValue& config) {
  for (const char* key : {"module_input_name", "module_output_name"}) {
    if (config.text(key, "sentence_embedding") != "sentence_embedding")
      throw config.unsupported(key, "sentence_embedding");
  }
}

Activation read_dense_activation(const io::JsonValue& config) {
  if (!config.has("activation_function")) return Activation::tanh;
  const std::string name = config.at("activation_function").text();
  for (const DenseActivation& known : dense_activations)
    if (known.name == name) return known.activation;
  throw config.unsupported("activation_function", core::join(dense_activations, &DenseActivation::name));
}

Dense read_dense(const std::filesystem::path& directory) {
  const io::JsonValue config = io::read_json(directory / "config.json");
  require_sentence_vectors(config);
  if (config.flag("use_residual", false)) throw config.unsupported("use_residual", "false");
  return {.directory = directory,
          .in = config.at("in_features").whole({.least = 1}),
          .out = config.at("out_features").whole({.least = 1}),
          .bias = config.flag("bias", true),
          .activation = read_dense_activation(config)};
}

Normalize read_normalize(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "config.json";  // older versions write none
  if (io::file_exists(path)) require_sentence_vectors(io::read_json(path));
  return {};
}

/// The class of one of sentence-transformers' own modules, wherever in the package its version has it.
std::string class_of(const io::JsonValue& module) {
  const std::string type = module.at("type").text();
  if (!type.starts_with("sentence_transformers.")) return {};
  return type.substr(type.rfind('.') + 1);
}

std::filesystem::path directory_of(const std::filesystem::path& model, const io::JsonValue& module) {
  const std::filesystem::path path = module.text("path", "");
  for (const std::filesystem::path& part : path) {
    if (path.is_absolute() || part == "..") throw module.wrong("path", "a directory within the model's");
  }
  return path.empty() ? model : model / path;
}

void read_module(const std::filesystem::path& model, const io::JsonValue& module, std::size_t i,
                 SentenceConfig& sentence) {
  const std::string kind = class_of(module);
  const std::filesystem::path directory = directory_of(model, module);
  if (i == 0 && kind == "Transformer") {
    sentence.encoder = directory;
  } else if (i == 1 && kind == "Pooling") {
    read_pooling(directory, sentence);
  } else if (i > 1 && kind == "Dense") {
    sentence.steps.emplace_back(read_dense(directory));
  } else if (i > 1 && kind == "Normalize") {
    sentence.steps.emplace_back(read_normalize(directory));
  } else {
    throw module.unsupported("type",
                             "sentence_transformers' Transformer, then Pooling, then Dense and Normalize "
                             "in any number and order");
  }
}

}  // namespace

void read_modules(const std::filesystem::path& directory, SentenceConfig& sentence) {
  const io::JsonValue modules = io::read_json(directory / "modules.json");
  if (!modules.is_list() || modules.size() < 2)
    throw modules.wrong("a list of a Transformer, a Pooling and perhaps more");
  std::size_t i = 0;
  modules.each([&](const io::JsonValue& module) { read_module(directory, module, i++, sentence); });
}

}  // namespace saccade::model
