#include "ops/batch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace saccade::test {
namespace {

constexpr std::uint32_t pattern = 0x7fa5c3e1u;

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

struct Strides {
  std::int64_t token, head;
};

Strides strides_of(Layout layout, std::int64_t tokens, std::int64_t heads, std::int64_t dim,
                   std::int64_t fused_row) {
  switch (layout) {
    case Layout::fused:
      return {fused_row, dim};
    case Layout::head_major:
      return {dim, tokens * dim};
    case Layout::spaced:
      return {heads * (dim + 3) + 5, dim + 3};
    default:
      return {heads * dim, dim};
  }
}

/// Elements from the first one to behind the last one.
std::int64_t extent(std::int64_t tokens, std::int64_t heads, std::int64_t dim, const Strides& strides) {
  return tokens == 0 ? 0 : (tokens - 1) * strides.token + (heads - 1) * strides.head + dim;
}

template <class View>
float* element(const View& view, float* base, std::int64_t token, std::int64_t head) {
  return base + token * view.token_stride + head * view.head_stride;
}

template <class View>
const float* first_value(const View& view) {
  return static_cast<const float*>(view.data);
}

}  // namespace

std::int64_t Batch::tokens() const {
  return offsets().back();
}

std::vector<std::int64_t> Batch::offsets() const {
  std::vector<std::int64_t> all = {0};
  for (const std::int64_t length : lengths) all.push_back(all.back() + length);
  return all;
}

void Batch::fill(std::uint64_t seed, float amplitude) {
  q.clear();
  k.clear();
  v.clear();
  for (const std::int64_t length : lengths) {
    Random random(seed + static_cast<std::uint64_t>(length));
    const auto append = [&](std::vector<float>& to, std::int64_t dim, float size) {
      const std::vector<float> values = random.values(length * heads * dim, size);
      to.insert(to.end(), values.begin(), values.end());
    };
    append(q, head_dim, amplitude);
    append(k, head_dim, amplitude);
    append(v, value_dim, 1.0f);
  }
}

std::vector<float> part_of(const Batch& batch, std::size_t s, const std::vector<float>& all,
                           std::int64_t dim) {
  const std::vector<std::int64_t> offsets = batch.offsets();
  const std::int64_t row = batch.heads * dim;
  return {all.begin() + offsets[s] * row, all.begin() + offsets[s + 1] * row};
}

Batch Batch::sequence(std::size_t s) const {
  return {{lengths[s]},
          heads,
          head_dim,
          value_dim,
          part_of(*this, s, q, head_dim),
          part_of(*this, s, k, head_dim),
          part_of(*this, s, v, value_dim)};
}

AttentionHead Batch::head(std::size_t s, std::int64_t h, const AttentionOptions& options) const {
  const Batch alone = sequence(s);
  AttentionHead head = {lengths[s], lengths[s], head_dim, value_dim};
  const auto append = [&](std::vector<float>& to, const std::vector<float>& from, std::int64_t dim) {
    for (std::int64_t t = 0; t < lengths[s]; ++t) {
      const auto begin = from.begin() + (t * heads + h) * dim;
      to.insert(to.end(), begin, begin + dim);
    }
  };
  append(head.q, alone.q, head_dim);
  append(head.k, alone.k, head_dim);
  append(head.v, alone.v, value_dim);
  head.scale = options.scale.value_or(1.0f / std::sqrt(static_cast<float>(head_dim)));
  head.left = options.window.left;
  head.right = options.window.right;
  return head;
}

BatchTensors::BatchTensors(const Batch& batch, Layout layout) : offsets_(batch.offsets()) {
  const std::int64_t tokens = batch.tokens(), heads = batch.heads;
  const std::int64_t fused_row = heads * (2 * batch.head_dim + batch.value_dim);
  const bool fused = layout == Layout::fused;
  const auto place = [&](std::int64_t dim) { return strides_of(layout, tokens, heads, dim, fused_row); };
  const Strides qk = place(batch.head_dim), value = place(batch.value_dim);
  const std::int64_t qk_extent = extent(tokens, heads, batch.head_dim, qk);
  const std::int64_t k_begin = fused ? heads * batch.head_dim : qk_extent, v_begin = 2 * k_begin;
  memory_.assign(index(v_begin + extent(tokens, heads, batch.value_dim, value)), NAN);
  q_ = {memory_.data(), tokens, heads, batch.head_dim, qk.token, qk.head};
  k_ = {memory_.data() + k_begin, tokens, heads, batch.head_dim, qk.token, qk.head};
  v_ = {memory_.data() + v_begin, tokens, heads, batch.value_dim, value.token, value.head};
  const auto write = [&](const ConstHeadsView& view, const std::vector<float>& values) {
    float* const base = memory_.data() + (first_value(view) - memory_.data());
    for (std::int64_t t = 0; t < tokens; ++t) {
      for (std::int64_t h = 0; h < heads; ++h)
        std::copy_n(values.begin() + (t * heads + h) * view.head_dim, view.head_dim,
                    element(view, base, t, h));
    }
  };
  write(q_, batch.q);
  write(k_, batch.k);
  write(v_, batch.v);
  const Strides out = fused ? strides_of(Layout::packed, tokens, heads, batch.value_dim, 0) : value;
  out_memory_.assign(index(extent(tokens, heads, batch.value_dim, out) + 32), std::bit_cast<float>(pattern));
  out_ = {out_memory_.data() + 16, tokens, heads, batch.value_dim, out.token, out.head};
}

std::vector<float> BatchTensors::out() const {
  std::vector<float> all;
  for (std::int64_t t = 0; t < out_.tokens; ++t) {
    for (std::int64_t h = 0; h < out_.heads; ++h) {
      const float* const begin = element(out_, static_cast<float*>(out_.data), t, h);
      all.insert(all.end(), begin, begin + out_.head_dim);
    }
  }
  return all;
}

bool BatchTensors::untouched_beside_out() const {
  std::vector<bool> element_of_out(out_memory_.size(), false);
  for (std::int64_t t = 0; t < out_.tokens; ++t) {
    for (std::int64_t h = 0; h < out_.heads; ++h) {
      const std::int64_t begin = 16 + t * out_.token_stride + h * out_.head_stride;
      std::fill_n(element_of_out.begin() + begin, out_.head_dim, true);
    }
  }
  for (std::size_t i = 0; i < out_memory_.size(); ++i) {
    if (!element_of_out[i] && std::bit_cast<std::uint32_t>(out_memory_[i]) != pattern) return false;
  }
  return true;
}

bool BatchTensors::untouched() const {
  return std::all_of(out_memory_.begin(), out_memory_.end(),
                     [](float x) { return std::bit_cast<std::uint32_t>(x) == pattern; });
}

std::vector<float> attend(Engine& engine, const Batch& batch, const AttentionOptions& options,
                          Layout layout) {
  const BatchTensors memory(batch, layout);
  attention(engine, memory.tensors(), options);
  return memory.out();
}

}  // namespace saccade::test
