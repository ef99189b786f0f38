#include "attend/attend_output.hpp"

#include <cmath>
#include <span>
#include <string>

#include "attend/attend_layout.hpp"
#include "saccade/error.hpp"

namespace saccade::command {
namespace {

std::size_t as_size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

std::size_t elements_of(const TensorInfo& tensor) {
  return as_size(tensor.elements());  // not -1: the writer has accepted it
}

/// An estimate of the bytes that a tensor of the output takes beside its values: name, shape, and entries of
/// lists.
constexpr double bytes_of_map_entry = 300;

/// Values of four bytes each. topk_keys are reordered and widened before they are written.
double bytes_of(const std::vector<TensorInfo>& tensors) {
  double bytes = 0;
  for (const TensorInfo& tensor : tensors) {
    double values = tensor.name == "offsets" ? 0 : 1;  // those of the input
    for (const std::int64_t size : tensor.shape) values *= static_cast<double>(size);
    bytes += values * (tensor.name == "topk_keys" ? 16 : sizeof(float));
  }
  return bytes;
}

/// `values` [query tokens][heads][k] in the order of `layout`.
template <class Value>
std::vector<Value> in_order_of(Layout layout, const HeadsSizes& sizes, std::int64_t k,
                               const std::vector<Value>& values) {
  if (layout != Layout::bhsd) return values;
  std::vector<Value> ordered;
  ordered.reserve(values.size());
  for (std::int64_t b = 0; b < sizes.batch; ++b) {
    for (std::int64_t h = 0; h < sizes.heads; ++h) {
      for (std::int64_t i = 0; i < sizes.length; ++i) {
        const auto from = values.begin() + ((b * sizes.length + i) * sizes.heads + h) * k;
        ordered.insert(ordered.end(), from, from + k);
      }
    }
  }
  return ordered;
}

}  // namespace

AttendOutput::AttendOutput(const std::filesystem::path& path, const AttendInput& input,
                           const AttendOptions& options, AttendMemory& memory)
    : input_(input), asked_(options), writer_(open(path, memory)) {}

bool AttendOutput::wants_maps() const noexcept {
  return asked_.probabilities || asked_.mean_probabilities;
}

TensorInfo AttendOutput::map_of(std::int64_t sequence) const {
  const std::int64_t queries = input_.queries_of(sequence), keys = input_.keys_of(sequence);
  const std::string name = "probabilities_" + std::to_string(sequence);
  if (asked_.mean_probabilities) return {"mean_" + name, StorageType::f32, {queries, keys}};
  return {name, StorageType::f32, {input_.queries().heads, queries, keys}};
}

std::vector<TensorInfo> AttendOutput::declared() const {
  const HeadsSizes& q = input_.queries();
  std::vector<TensorInfo> tensors = {{"out", StorageType::f32, shape_of(input_.outputs(), input_.layout())}};
  if (input_.offsets_type()) tensors.push_back({"offsets", *input_.offsets_type(), {input_.sequences() + 1}});
  std::vector<std::int64_t> shape = shape_of_values(q, input_.layout());
  if (asked_.log_sum_exp) tensors.push_back({"lse", StorageType::f32, shape});
  if (asked_.top_keys > 0) {
    shape.push_back(asked_.top_keys);
    tensors.push_back({"topk_keys", StorageType::i32, shape});
    tensors.push_back({"topk_probabilities", StorageType::f32, shape});
  }
  if (wants_maps()) {
    for (std::int64_t s = 0; s < input_.sequences(); ++s) tensors.push_back(map_of(s));
  }
  return tensors;
}

TensorFileWriter AttendOutput::open(const std::filesystem::path& path, AttendMemory& memory) const {
  if (wants_maps()) memory.take(static_cast<double>(input_.sequences()) * bytes_of_map_entry, "the output");
  std::vector<TensorInfo> tensors = declared();
  if (path.extension() == ".npy" && tensors.size() > 1) {
    std::string names;
    for (const TensorInfo& tensor : tensors) names += (names.empty() ? "" : ", ") + tensor.name;
    throw Error(ErrorCode::invalid_argument,
                path.string() + ": an .npy holds one tensor, not " + names + "; use .npz or .safetensors");
  }
  memory.take(bytes_of(tensors), "input and output together");
  return {path, std::move(tensors)};
}

void AttendOutput::ask(AttentionTensors& tensors, AttentionOptions& options) {
  const Layout layout = input_.layout();
  const HeadsSizes sizes = input_.outputs();
  out_.resize(elements_of({"out", StorageType::f32, shape_of(sizes, layout)}));
  tensors.out = view_of(out_.data(), sizes, layout);
  if (asked_.log_sum_exp) {
    HeadsSizes one = sizes;
    one.head_dim = 1;
    log_sum_exp_.resize(elements_of({"lse", StorageType::f32, shape_of_values(sizes, layout)}));
    options.log_sum_exp = view_of(log_sum_exp_.data(), one, layout);
  }
  if (wants_maps()) ask_for_maps(options);
  if (asked_.top_keys > 0) ask_for_top_keys(options);
}

void AttendOutput::ask_for_maps(AttentionOptions& options) {
  for (std::int64_t s = 0; s < input_.sequences(); ++s) {
    maps_.emplace_back(elements_of(map_of(s)));
    requests_.push_back({.sequence = s, .out = maps_.back(), .mean_over_heads = asked_.mean_probabilities});
  }
  options.probabilities = requests_;
}

void AttendOutput::ask_for_top_keys(AttentionOptions& options) {
  const HeadsSizes& q = input_.queries();
  const std::int64_t k = asked_.top_keys;
  const std::size_t count = elements_of({"topk_keys", StorageType::i32, {q.tokens(), q.heads, k}});
  top_keys_.resize(count);
  top_key_probabilities_.resize(count);
  options.top_keys = {.k = k,
                      .keys = top_keys_.data(),
                      .probabilities = top_key_probabilities_.data(),
                      .token_stride = q.heads * k,
                      .head_stride = k};
}

std::int64_t AttendOutput::nan_tokens() const {
  const HeadsSizes sizes = input_.outputs();
  const HeadsView view = view_of(nullptr, sizes, input_.layout());
  const auto has_nan = [&](std::int64_t sequence, std::int64_t token) {
    for (std::int64_t h = 0; h < sizes.heads; ++h) {
      const std::int64_t at =
          sequence * view.sequence_stride + token * view.token_stride + h * view.head_stride;
      for (const float value : std::span(out_).subspan(as_size(at), as_size(sizes.head_dim)))
        if (std::isnan(value)) return true;
    }
    return false;
  };
  std::int64_t count = 0;
  for (std::int64_t b = 0; b < sizes.batch; ++b)
    for (std::int64_t i = 0; i < sizes.length; ++i) count += has_nan(b, i) ? 1 : 0;
  return count;
}

void AttendOutput::write_top_keys() {
  const std::int64_t k = asked_.top_keys;
  const std::vector<std::int32_t> keys = in_order_of(input_.layout(), input_.queries(), k, top_keys_);
  const std::vector<std::int64_t> wide(keys.begin(), keys.end());  // as the writer takes integers
  writer_.append("topk_keys", wide);
  writer_.append("topk_probabilities",
                 in_order_of(input_.layout(), input_.queries(), k, top_key_probabilities_));
}

void AttendOutput::write() {
  writer_.append("out", out_);
  if (input_.offsets_type()) writer_.append("offsets", input_.offsets());
  if (asked_.log_sum_exp) writer_.append("lse", log_sum_exp_);
  if (asked_.top_keys > 0) write_top_keys();
  for (std::size_t s = 0; s < maps_.size(); ++s)
    writer_.append(map_of(static_cast<std::int64_t>(s)).name, maps_[s]);
  writer_.commit();
}

}  // namespace saccade::command
