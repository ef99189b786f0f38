#include "model/validate_encode_options.hpp"

#include <string_view>

#include "core/require.hpp"
#include "ops/attention/validate.hpp"

namespace saccade::model {
namespace {

void require_each_layer(std::string_view what, std::size_t size, const layers::PackedEncoder& encoder) {
  if (size != 0)
    core::require_equal(what, static_cast<std::int64_t>(size), "the number of layers",
                        static_cast<std::int64_t>(encoder.layers.size()));
}

void validate_copy(std::string_view name, MatrixView copy, std::int64_t rows, std::int64_t columns) {
  if (copy.data == nullptr) return;
  ops::validate(copy, name);
  if (copy.rows != rows || copy.columns != columns)
    core::fail(name, " is [" + core::to_text(copy.rows) + ", " + core::to_text(copy.columns) +
                         "]; expected [" + core::to_text(rows) + ", " + core::to_text(columns) + "]");
}

}  // namespace

void validate_encode_options(const layers::PackedEncoder& encoder, Offsets offsets,
                             const EncodeOptions& options) {
  require_each_layer("probabilities' size", options.probabilities.size(), encoder);
  require_each_layer("top_keys' size", options.top_keys.size(), encoder);
  require_each_layer("traces' size", options.traces.size(), encoder);
  const std::int64_t tokens = offsets.back(), heads = encoder.shape.attention.num_attention_heads;
  const std::int64_t columns = encoder.shape.attention.query_size(),
                     key_columns = encoder.shape.attention.key_size();
  for (const auto& layer : options.probabilities) ops::validate(layer, offsets, heads);
  for (const TopKeys& top : options.top_keys) {
    ops::AttentionProblem problem = {.q = {.tokens = tokens, .heads = heads}, .offsets = offsets};
    problem.options.top_keys = top;
    ops::validate_top_keys(problem);
  }
  for (const LayerTrace& trace : options.traces) {
    validate_copy("input", trace.input, tokens, encoder.hidden_size());
    validate_copy("queries", trace.queries, tokens, columns);
    validate_copy("keys", trace.keys, tokens, key_columns);
    validate_copy("values", trace.values, tokens, key_columns);
    validate_copy("context", trace.context, tokens, columns);
  }
}

}  // namespace saccade::model
