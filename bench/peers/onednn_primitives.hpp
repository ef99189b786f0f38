#pragma once

#include <dnnl.hpp>
#include <string>
#include <unordered_map>
#include <vector>

namespace saccade::bench {

// oneDNN's primitives as both major versions that distributions have make them.

using DnnlArguments = std::unordered_map<int, dnnl::memory>;

inline std::string dnnl_version_text() {
  const dnnl_version_t& v = *dnnl_version();
  return std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
}

inline dnnl::matmul::primitive_desc matmul_desc(const dnnl::engine& engine, const dnnl::memory::desc& a,
                                                const dnnl::memory::desc& b, const dnnl::memory::desc& c,
                                                const dnnl::primitive_attr& attributes = {}) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, a, b, c, attributes};
#else
  return {dnnl::matmul::desc(a, b, c), attributes, engine};
#endif
}

/// Over the last of four dimensions, in place.
inline dnnl::softmax_forward make_softmax(const dnnl::engine& engine, const dnnl::memory::desc& scores) {
  const auto inference = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  const auto kind = dnnl::algorithm::softmax_accurate;
  return dnnl::softmax_forward(
      dnnl::softmax_forward::primitive_desc(engine, inference, kind, scores, scores, 3));
#else
  return dnnl::softmax_forward(
      dnnl::softmax_forward::primitive_desc(dnnl::softmax_forward::desc(inference, scores, 3), engine));
#endif
}

/// A product times scale, plus a mask where one is given.
inline dnnl::primitive_attr scaled(float scale, const dnnl::memory::desc* mask) {
  dnnl::post_ops post_ops;
#if DNNL_VERSION_MAJOR >= 3
  post_ops.append_eltwise(dnnl::algorithm::eltwise_linear, scale, 0.0f);
#else
  post_ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_linear, scale, 0.0f);
#endif
  if (mask != nullptr) post_ops.append_binary(dnnl::algorithm::binary_add, *mask);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(post_ops);
  return attributes;
}

inline dnnl::memory::desc plain(const dnnl::memory::dims& dims) {
  using Tag = dnnl::memory::format_tag;
  return {dims, dnnl::memory::data_type::f32, dims.size() == 2 ? Tag::ab : Tag::abcd};
}

/// Memory of the caller's; what primitives read they do not change.
inline dnnl::memory borrow(const dnnl::memory::desc& desc, const dnnl::engine& engine, const float* values) {
  return dnnl::memory(desc, engine, const_cast<float*>(values));
}

}  // namespace saccade::bench
