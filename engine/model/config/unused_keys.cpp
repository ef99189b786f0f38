#include "model/config/unused_keys.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace saccade::model {
namespace {

/// Parts of the names of keys that change what a block computes.
constexpr std::array<std::string_view, 22> parts = {"adapter",
                                                    "alibi",
                                                    "attention_type",
                                                    "causal",
                                                    "conv",
                                                    "expert",
                                                    "feed_forward_type",
                                                    "lora",
                                                    "moe",
                                                    "num_key_value_heads",
                                                    "pruned_heads",
                                                    "qk_norm",
                                                    "quantiz",
                                                    "relative",
                                                    "rope",
                                                    "rotary",
                                                    "scaling",
                                                    "sink",
                                                    "sliding",
                                                    "softcap",
                                                    "task_id",
                                                    "window"};

/// Keys that a family's reader passes by where it has found another spelling of the same value.
constexpr std::array<std::string_view, 5> other_spellings = {"global_rope_theta", "local_rope_theta",
                                                             "rope_scaling", "rope_theta", "sliding_window"};

bool is_off(const io::JsonValue& value) {
  const nlohmann::json& json = value.raw();
  if (json.is_boolean()) return !json.get<bool>();
  if (json.is_number()) return json.get<double>() == 0;
  if (json.is_string()) return json == "" || json == "none" || json == "default";
  return json.empty();
}

}  // namespace

void require_no_unused_key(const io::JsonValue& config) {
  const bool has_rotary_positions = config.has("rope_parameters") || config.has("global_attn_every_n_layers");
  for (const std::string& key : config.unread_members()) {
    const auto is_in_key = [&](std::string_view part) { return key.find(part) != std::string::npos; };
    const bool is_spelling =
        std::find(other_spellings.begin(), other_spellings.end(), key) != other_spellings.end();
    if (std::none_of(parts.begin(), parts.end(), is_in_key) || (has_rotary_positions && is_spelling))
      continue;
    if (!is_off(config.at(key))) throw config.unsupported(key, "a config.json without it");
  }
}

}  // namespace saccade::model
