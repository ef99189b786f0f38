#include "bench/bench_operands.hpp"

#include <bit>
#include <cstring>

namespace saccade::command {
namespace {

using bench::AttentionShape;
using bench::MaskKind;

/// A value that f16 represents exactly and as a normal number.
std::uint16_t f16_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  if (value == 0.0f) return static_cast<std::uint16_t>(sign);
  return static_cast<std::uint16_t>(sign | (((bits & 0x7fffffffu) >> 13) - ((127u - 15u) << 10)));
}

void store(float value, StorageType type, std::byte* to) {
  const auto upper = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
  const std::uint16_t half = type == StorageType::f16 ? f16_of(value) : upper;
  if (type == StorageType::f32) std::memcpy(to, &value, sizeof value);
  if (type != StorageType::f32) std::memcpy(to, &half, sizeof half);
}

std::size_t index(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

}  // namespace

std::string_view to_string(KeyLayout layout) noexcept {
  if (layout == KeyLayout::packed) return "packed";
  return layout == KeyLayout::bhsd ? "bhsd" : "panels";
}

AttentionOperands::AttentionOperands(Engine& engine, const AttentionShape& shape,
                                     const bench::AttentionInputs& inputs, KeyLayout layout, StorageType type)
    : shape_(shape),
      layout_(layout),
      type_(type),
      q_(stored(inputs.q, shape.heads, shape.queries)),
      k_(stored(inputs.k, shape.kv_heads, shape.keys)),
      v_(stored(inputs.v, shape.kv_heads, shape.keys)),
      out_{shape.heads, shape.queries, std::vector<std::byte>(shape.q_size() * sizeof(float))},
      offsets_(offsets_of(shape.queries)),
      key_offsets_(offsets_of(shape.keys)),
      lengths_(index(shape.batch), shape.keys) {
  make_mask();
  if (layout == KeyLayout::panels) fill_cache(engine);
  tensors_ = {view(q_, type), view(k_, type), view(v_, type), view(out_, StorageType::f32),
              offsets_,       key_offsets_};
  cache_tensors_ = {tensors_.q, cache_, tensors_.out, offsets_, lengths_};
}

HeadsView AttentionOperands::view(Stored& stored, StorageType type) const {
  const std::int64_t dim = shape_.head_dim, heads = stored.heads, length = stored.length;
  HeadsView view = {stored.data.data(), shape_.batch * length, heads, dim, heads * dim, dim};
  view.type = type;
  if (layout_ != KeyLayout::bhsd) return view;
  view.token_stride = dim;
  view.head_stride = length * dim;
  view.sequence_stride = heads * length * dim;
  return view;
}

AttentionOperands::Stored AttentionOperands::stored(const std::vector<float>& values, std::int64_t heads,
                                                    std::int64_t length) const {
  const std::size_t size = size_of(type_);
  Stored result = {heads, length, std::vector<std::byte>(values.size() * size)};
  const HeadsView to = view(result, type_);
  const std::int64_t sequence = to.sequence_stride != 0 ? to.sequence_stride : length * to.token_stride;
  const float* value = values.data();
  for (std::int64_t b = 0; b < shape_.batch; ++b)
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t t = 0; t < length; ++t)
        for (std::int64_t d = 0; d < shape_.head_dim; ++d)
          store(
              *value++, type_,
              result.data.data() + index(b * sequence + h * to.head_stride + t * to.token_stride + d) * size);
  return result;
}

std::vector<float> AttentionOperands::outputs() const {
  const bool packed = layout_ != KeyLayout::bhsd;
  const std::int64_t dim = shape_.head_dim, heads = shape_.heads, queries = shape_.queries;
  std::vector<float> result(shape_.q_size());
  float* to = result.data();
  for (std::int64_t b = 0; b < shape_.batch; ++b)
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t t = 0; t < queries; ++t, to += dim) {
        const std::int64_t vector = packed ? (b * queries + t) * heads + h : (b * heads + h) * queries + t;
        std::memcpy(to, out_.data.data() + index(vector * dim) * sizeof(float), index(dim) * sizeof(float));
      }
  return result;
}

std::vector<std::int64_t> AttentionOperands::offsets_of(std::int64_t length) const {
  std::vector<std::int64_t> offsets;
  for (std::int64_t s = 0; s <= shape_.batch; ++s) offsets.push_back(s * length);
  return offsets;
}

/// Keys and values lie in the cache only.
void AttentionOperands::fill_cache(Engine& engine) {
  const std::int64_t page_tokens = (shape_.keys + 15) / 16 * 16;
  const std::size_t bytes =
      index(shape_.batch * shape_.kv_heads * page_tokens * shape_.head_dim) * size_of(type_);
  cached_keys_.resize(bytes);
  cached_values_.resize(bytes);
  cache_ = {cached_keys_.data(), cached_values_.data(), type_,       shape_.kv_heads,
            shape_.head_dim,     shape_.head_dim,       page_tokens, shape_.batch};
  append(engine, cache_, std::vector<std::int64_t>(index(shape_.batch)), view(k_, type_), view(v_, type_),
         key_offsets_);
  k_.data = {};
  v_.data = {};
}

/// Sets key counts for a padding mask, and a boolean mask for a random one. The others are windows.
void AttentionOperands::make_mask() {
  if (shape_.mask == MaskKind::padding) key_counts_.assign(index(shape_.batch), shape_.end_key(0));
  if (shape_.mask != MaskKind::random) return;
  for (std::int64_t i = 0; i < shape_.queries; ++i)
    for (std::int64_t j = 0; j < shape_.keys; ++j) mask_.push_back(shape_.sees(i, j));
}

AttentionOptions AttentionOperands::options() const {
  AttentionOptions options = {.key_counts = key_counts_};
  if (shape_.mask == MaskKind::causal) options.window = Window::causal();
  if (shape_.mask == MaskKind::window) options.window = {bench::window_keys - 1, 0};
  if (shape_.mask == MaskKind::random)
    options.mask = {.data = mask_.data(), .keys = shape_.keys, .query_stride = shape_.keys};
  return options;
}

void AttentionOperands::attend(Engine& engine) {
  if (layout_ == KeyLayout::panels) {
    attention(engine, cache_tensors_, options());
  } else {
    attention(engine, tensors_, options());
  }
}

std::size_t AttentionOperands::workspace(const Engine& engine) const {
  return layout_ == KeyLayout::panels ? attention_workspace(engine, cache_tensors_, options())
                                      : attention_workspace(engine, tensors_, options());
}

double AttentionOperands::key_value_bytes() const {
  return 2.0 * static_cast<double>(shape_.k_size() * size_of(type_));
}

}  // namespace saccade::command
