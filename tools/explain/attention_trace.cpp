#include "explain/attention_trace.hpp"

#include <utility>

#include "map/map_source.hpp"

namespace saccade::command {
namespace {

/// Copies the columns of one head.
std::vector<float> head_of(const std::vector<float>& all, const AttentionTrace& trace, std::int64_t columns) {
  std::vector<float> of_head;
  const auto tokens = static_cast<std::int64_t>(trace.tokens.size());
  for (std::int64_t token = 0; token < tokens; ++token) {
    const auto begin = all.begin() + token * columns + trace.head * trace.head_dim;
    of_head.insert(of_head.end(), begin, begin + trace.head_dim);
  }
  return of_head;
}

/// Runs the encoder and copies the input, queries, keys, values and context of the layer's attention.
void copy_vectors(ModelText& text, AttentionTrace& trace) {
  const auto tokens = static_cast<std::int64_t>(trace.tokens.size());
  const std::int64_t columns = text.encoder().heads() * trace.head_dim;
  const auto size = static_cast<std::size_t>(tokens * columns);
  std::vector<float> queries(size), keys(size), values(size), context(size);
  trace.input.resize(static_cast<std::size_t>(tokens * trace.width));
  const auto view = [&](std::vector<float>& to, std::int64_t width) {
    return MatrixView{to.data(), tokens, width, width};
  };
  std::vector<LayerTrace> traces(text.layers());
  traces[static_cast<std::size_t>(trace.layer)] = {.input = view(trace.input, trace.width),
                                                   .queries = view(queries, columns),
                                                   .keys = view(keys, columns),
                                                   .values = view(values, columns),
                                                   .context = view(context, columns)};
  text.encode({.traces = traces});
  trace.queries = head_of(queries, trace, columns);
  trace.keys = head_of(keys, trace, columns);
  trace.values = head_of(values, trace, columns);
  trace.context = head_of(context, trace, columns);
}

std::vector<float> scores(ModelText& text, const AttentionTrace& trace, ScorePoint point) {
  std::vector<float> out(trace.tokens.size() * trace.tokens.size());
  const auto head = static_cast<std::int32_t>(trace.head);
  const ProbabilitiesRequest request = {.heads = {&head, 1}, .out = out, .point = point};
  std::vector<std::span<const ProbabilitiesRequest>> layers(text.layers());
  layers[static_cast<std::size_t>(trace.layer)] = {&request, 1};
  text.encode({.probabilities = layers});
  return out;
}

}  // namespace

std::span<const float> AttentionTrace::row(const std::vector<float>& matrix, std::int64_t row) const {
  const std::size_t columns = matrix.size() / tokens.size();
  return std::span(matrix).subspan(static_cast<std::size_t>(row) * columns, columns);
}

AttentionTrace trace_attention(ModelText& text, std::int64_t layer, std::int64_t head) {
  require_number("layer", layer, text.encoder().layers());
  require_number("head", head, text.encoder().heads());
  AttentionTrace trace;
  trace.tokens = text.tokens();
  trace.layer = layer;
  trace.head = head;
  trace.head_dim = text.encoder().head_dim();
  trace.width = text.encoder().width();
  trace.attention = text.encoder().attention(layer);
  copy_vectors(text, trace);
  trace.scaled = scores(text, trace, ScorePoint::scaled);
  trace.biased = scores(text, trace, ScorePoint::biased);
  trace.probabilities = scores(text, trace, ScorePoint::probabilities);
  return trace;
}

}  // namespace saccade::command
