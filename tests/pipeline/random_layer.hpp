#pragma once

#include "fixtures/tensors.hpp"
#include "saccade/self_attention.hpp"

namespace saccade::test {

/// A layer with an output projection and random weights.
inline SelfAttention random_layer(Engine& engine, std::int64_t width, std::int64_t heads,
                                  std::int64_t head_dim, std::int64_t output_width) {
  const std::int64_t context = heads * head_dim;
  const Floats query = random_floats(context * width, 11), key = random_floats(context * width, 12),
               value = random_floats(context * width, 13), output = random_floats(output_width * context, 14),
               bias = random_floats(std::max(context, output_width), 15);
  const auto first = [&](std::int64_t count) {
    return std::span(bias).first(static_cast<std::size_t>(count));
  };
  return {engine,
          {.query = {context, width, query, first(context)},
           .key = {context, width, key, first(context)},
           .value = {context, width, value, first(context)},
           .output = {output_width, context, output, first(output_width)}},
          heads};
}

}  // namespace saccade::test
