#include <algorithm>
#include <utility>

#include "map/map_source.hpp"
#include "map/model_text.hpp"
#include "saccade/saccade.hpp"
#include "shell/figures.hpp"

namespace saccade::command {
namespace {

/// Keeps `count` of every `period` values, from `begin` on.
template <class Value>
void keep_part(std::vector<Value>& values, std::size_t period, std::size_t begin, std::size_t count) {
  auto end = values.begin();
  for (std::size_t at = begin; at < values.size(); at += period) {
    const auto from = values.begin() + static_cast<std::ptrdiff_t>(at);
    end = std::copy(from, from + static_cast<std::ptrdiff_t>(count), end);
  }
  values.erase(end, values.end());
}

class TextSource : public MapSource {
 public:
  TextSource(const EngineOptions& engine, const std::filesystem::path& model,
             std::span<const std::string> texts)
      : text_(engine, model, texts) {}

  const std::vector<std::string>& tokens() const override { return text_.tokens(); }
  AttentionMap read(const MapSelection& selection) override;
  TopMap read_top(const MapSelection& selection, std::int64_t k) override;

 private:
  [[nodiscard]] std::vector<std::int64_t> layers(const MapSelection& selection) const;
  [[nodiscard]] std::vector<std::int32_t> heads(const MapSelection& selection) const;
  [[nodiscard]] AttentionMap labelled(const MapSelection& selection) const;

  ModelText text_;
};

std::vector<std::int64_t> TextSource::layers(const MapSelection& selection) const {
  const std::int64_t count = text_.encoder().layers();
  if (selection.layer) {
    require_number("layer", *selection.layer, count);
    return {*selection.layer};
  }
  const std::int64_t last = selection.layers_to.value_or(count - 1);
  require_number("layer", last, count);
  std::vector<std::int64_t> all;
  for (std::int64_t layer = 0; layer <= last; ++layer) all.push_back(layer);
  return all;
}

std::vector<std::int32_t> TextSource::heads(const MapSelection& selection) const {
  const std::int64_t count = text_.encoder().heads();
  if (selection.head) {
    require_number("head", *selection.head, count);
    return {static_cast<std::int32_t>(*selection.head)};
  }
  std::vector<std::int32_t> all;
  for (std::int32_t head = 0; head < count; ++head) all.push_back(head);
  return all;
}

AttentionMap TextSource::labelled(const MapSelection& selection) const {
  AttentionMap map;
  map.text = text_.text();
  map.tokens = tokens();
  if (selection.query) map.positions = {*selection.query};
  for (std::size_t i = 0; !selection.query && i < map.tokens.size(); ++i)
    map.positions.push_back(static_cast<std::int64_t>(i));
  for (const std::int64_t layer : layers(selection)) map.layers.push_back("layer " + std::to_string(layer));
  if (selection.mean) map.heads = {"mean of " + count_of(text_.encoder().heads(), "head")};
  for (const std::int32_t head : heads(selection))
    if (!selection.mean) map.heads.push_back("head " + std::to_string(head));
  return map;
}

AttentionMap TextSource::read(const MapSelection& selection) {
  AttentionMap map = labelled(selection);
  const std::vector<std::int32_t> wanted = heads(selection);
  const std::size_t size = map.heads.size() * map.queries() * map.keys();
  reserve_probabilities(map);
  map.probabilities.resize(map.layers.size() * size);
  ProbabilitiesRequest request = {
      .heads = wanted, .queries = map.positions, .mean_over_heads = selection.mean};
  std::vector<ProbabilitiesRequest> requests(text_.layers(), request);
  std::vector<std::span<const ProbabilitiesRequest>> of_layers(text_.layers());
  std::size_t place = 0;
  for (const std::int64_t number : layers(selection)) {
    const auto layer = static_cast<std::size_t>(number);
    requests[layer].out = std::span(map.probabilities).subspan(size * place++, size);
    of_layers[layer] = std::span(requests).subspan(layer, 1);
  }
  text_.encode({.probabilities = of_layers});
  return map;
}

TopMap TextSource::read_top(const MapSelection& selection, std::int64_t k) {
  TopMap top = {.map = labelled(selection), .k = static_cast<std::size_t>(k), .keys = {}};
  const auto tokens = static_cast<std::int64_t>(top.map.keys()), of_head = tokens * k;
  const std::vector<std::int64_t> chosen = layers(selection);
  const auto of_layer = static_cast<std::size_t>(text_.encoder().heads() * of_head);
  // The engine gives all heads of a layer: [layers][heads][tokens][k].
  top.keys.resize(chosen.size() * of_layer);
  top.map.probabilities.resize(top.keys.size());
  std::vector<TopKeys> wanted(text_.layers());
  for (std::size_t place = 0; place < chosen.size(); ++place)
    wanted[static_cast<std::size_t>(chosen[place])] = {
        .k = k,
        .keys = top.keys.data() + place * of_layer,
        .probabilities = top.map.probabilities.data() + place * of_layer,
        .token_stride = k,
        .head_stride = of_head};
  text_.encode({.top_keys = wanted});
  if (selection.head) {
    const auto begin = static_cast<std::size_t>(*selection.head * of_head);
    keep_part(top.keys, of_layer, begin, static_cast<std::size_t>(of_head));
    keep_part(top.map.probabilities, of_layer, begin, static_cast<std::size_t>(of_head));
  }
  return top;
}

}  // namespace

std::unique_ptr<MapSource> open_text(const EngineOptions& engine, const std::filesystem::path& model,
                                     std::span<const std::string> texts) {
  return std::make_unique<TextSource>(engine, model, texts);
}

}  // namespace saccade::command
