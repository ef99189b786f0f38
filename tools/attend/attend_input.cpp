#include "attend/attend_input.hpp"

#include <algorithm>
#include <functional>

#include "saccade/error.hpp"
#include "shell/figures.hpp"

namespace saccade::command {
namespace {

std::size_t as_size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

std::string text(std::int64_t n) {
  return std::to_string(n);
}

Error wrong(const TensorFile& file, const std::string& name, const std::string& what) {
  return {ErrorCode::invalid_argument, file.path().string() + ": tensor '" + name + "': " + what};
}

Error wrong_shape(const TensorFile& file, const std::string& name, const std::string& expected) {
  return wrong(file, name, "has shape " + shape_text(file.at(name).shape) + "; expected " + expected);
}

const char* shapes_of(Layout layout) {
  if (layout == Layout::packed) return "[tokens, heads, head_dim] or [tokens, heads*head_dim]";
  if (layout == Layout::bshd) return "[batch, length, heads, head_dim] or [batch, length, heads*head_dim]";
  return "[batch, heads, length, head_dim]";
}

std::int64_t longest(const std::vector<std::int64_t>& offsets) {
  std::int64_t most = 0;
  for (std::size_t s = 1; s < offsets.size(); ++s) most = std::max(most, offsets[s] - offsets[s - 1]);
  return most;
}

/// A view of a mask or bias; a dimension of size 1 is broadcast (stride 0).
template <class View, class Sizes>
View view_of_scores(const Sizes& sizes) {
  View view;
  view.keys = sizes.keys;
  view.query_stride = sizes.queries == 1 ? 0 : sizes.keys;
  view.head_stride = sizes.heads == 1 ? 0 : sizes.queries * sizes.keys;
  view.sequence_stride = sizes.batch == 1 ? 0 : sizes.heads * sizes.queries * sizes.keys;
  return view;
}

}  // namespace

AttendInput::AttendInput(const std::filesystem::path& path, const AttendOptions& options,
                         AttendMemory& memory)
    : file_(TensorFile::open(path)), asked_(options) {
  layout_ = find_layout();
  q_.sizes = heads_sizes("q", asked_.heads, "--heads");
  k_.sizes = heads_sizes("k", asked_.kv_heads, "--kv-heads");
  v_.sizes = heads_sizes("v", asked_.kv_heads, "--kv-heads");
  check_heads();
  memory.take(bytes(), "the input");
  read_sequences();
  read_positions();
  if (file_.find("mask") != nullptr) mask_sizes_ = scores_sizes("mask");
  if (file_.find("bias") != nullptr) bias_sizes_ = scores_sizes("bias");
  check_sinks();
  check_others();
}

void AttendInput::check_others() const {
  for (const std::string& name : asked_.ignored_tensors) static_cast<void>(file_.at(name));
  for (const TensorInfo& tensor : file_.tensors()) {
    // Results that were stored beside their input.
    const bool result = tensor.name == "out" || tensor.name == "lse" || tensor.name.starts_with("topk_") ||
                        tensor.name.starts_with("probabilities_") ||
                        tensor.name.starts_with("mean_probabilities_");
    if (result) static_cast<void>(file_.at(tensor.name));
  }
  file_.require_all_used(
      "q, k, v, and perhaps offsets, kv_offsets, key_counts, first_query_positions, mask, bias and sinks, or "
      "--ignore with its name");
}

Layout AttendInput::find_layout() const {
  if (asked_.layout) return *asked_.layout;
  const std::size_t rank = file_.at("q").shape.size();
  if (rank == 2 || rank == 3) return Layout::packed;
  throw wrong_shape(file_, "q",
                    rank == 4 ? "--layout bshd or --layout bhsd with 4 dimensions"
                              : std::string(shapes_of(Layout::packed)));
}

HeadsSizes AttendInput::heads_sizes(const char* name, std::int64_t heads, const char* option) const {
  const std::vector<std::int64_t>& shape = file_.at(name).shape;
  const std::size_t dimensions = layout_ == Layout::packed ? 3 : 4;
  HeadsSizes sizes;
  sizes.flat = layout_ != Layout::bhsd && shape.size() + 1 == dimensions;
  if (shape.size() != dimensions && !sizes.flat)
    throw wrong_shape(file_, name, shapes_of(layout_) + (", as --layout " + to_string(layout_)));
  if (sizes.flat && heads == 0) heads = asked_.heads;  // those of k and v are as many where not said
  if (sizes.flat && heads == 0)
    throw wrong(file_, name,
                "has shape " + shape_text(shape) + "; --heads is needed to tell the heads of " +
                    text(shape.back()) + " values side by side");
  std::size_t at = 0;
  if (layout_ != Layout::packed) sizes.batch = shape[at++];
  if (layout_ == Layout::bhsd) {
    sizes.heads = shape[1];
    sizes.length = shape[2];
  } else {
    sizes.length = shape[at++];
    sizes.heads = sizes.flat ? heads : shape[at];
  }
  if (heads != 0 && heads != sizes.heads)
    throw wrong(file_, name,
                "has shape " + shape_text(shape) + ", so " + text(sizes.heads) + " heads; " + option +
                    " is " + text(heads));
  if (sizes.flat && shape.back() % heads != 0)
    throw wrong(file_, name,
                "has shape " + shape_text(shape) + "; " + text(shape.back()) + " values are no multiple of " +
                    text(heads) + " heads");
  sizes.head_dim = sizes.flat ? shape.back() / heads : shape.back();
  if (sizes.heads < 1 || sizes.head_dim < 1)
    throw wrong_shape(file_, name, "1 or more heads and a head_dim of 1 or more");
  return sizes;
}

void AttendInput::check_heads() const {
  const auto same = [&](const char* name, const char* what, std::int64_t got, const char* other,
                        std::int64_t expected) {
    if (got != expected)
      throw wrong(
          file_, name,
          std::string("has ") + what + " " + text(got) + "; expected " + text(expected) + ", as " + other);
  };
  same("k", "head_dim", k_.sizes.head_dim, "q", q_.sizes.head_dim);
  same("k", "batch", k_.sizes.batch, "q", q_.sizes.batch);
  same("v", "batch", v_.sizes.batch, "k", k_.sizes.batch);
  same("v", "a number of heads of", v_.sizes.heads, "k", k_.sizes.heads);
  same("v", layout_ == Layout::packed ? "a number of tokens of" : "length", v_.sizes.length, "k",
       k_.sizes.length);
  if (q_.sizes.heads % k_.sizes.heads != 0)
    throw wrong(file_, "q",
                "has " + count_of(q_.sizes.heads, "head") + "; expected a multiple of the " +
                    text(k_.sizes.heads) + " of k");
}

double AttendInput::bytes() const {
  const auto values = [&](const char* name) {
    const TensorInfo* const info = file_.find(name);
    return info == nullptr ? 0.0 : static_cast<double>(info->elements());
  };
  double bytes = values("mask") * sizeof(std::uint8_t);
  for (const char* name : {"q", "k", "v", "bias", "sinks"}) bytes += values(name) * sizeof(float);
  // offsets and kv_offsets, of which one may stand for both, or a batch for either, and the others.
  const double sequences = std::max(values("offsets"), static_cast<double>(q_.sizes.batch)) + 1;
  return bytes + 4 * sequences * sizeof(std::int64_t);
}

void AttendInput::read_sequences() {
  if (layout_ != Layout::packed) {
    for (const char* name : {"offsets", "kv_offsets"}) {
      if (file_.find(name) != nullptr)
        throw wrong(file_, name,
                    "goes with packed tensors; q has shape " + shape_text(file_.at("q").shape) +
                        ", read as " + to_string(layout_));
    }
    offsets_ = equal_offsets(q_.sizes.batch, q_.sizes.length);
    key_offsets_ = equal_offsets(k_.sizes.batch, k_.sizes.length);
    return;
  }
  const TensorInfo* const info = file_.find("offsets");
  if (info != nullptr) offsets_type_ = info->type;
  offsets_ =
      info == nullptr ? equal_offsets(1, q_.sizes.length) : read_offsets("offsets", q_.sizes.length, "q");
  if (file_.find("kv_offsets") != nullptr) {
    key_offsets_ = read_offsets("kv_offsets", k_.sizes.length, "k");
  } else {
    key_offsets_ =
        info == nullptr ? equal_offsets(1, k_.sizes.length) : read_offsets("offsets", k_.sizes.length, "k");
  }
  if (key_offsets_.size() != offsets_.size())
    throw wrong(file_, "kv_offsets",
                "tells " + text(static_cast<std::int64_t>(key_offsets_.size()) - 1) +
                    " sequences; expected " + text(sequences()) + ", as for q");
}

std::vector<std::int64_t> AttendInput::equal_offsets(std::int64_t batch, std::int64_t length) const {
  std::vector<std::int64_t> offsets(as_size(batch) + 1);
  for (std::int64_t s = 0; s <= batch; ++s) offsets[as_size(s)] = s * length;
  return offsets;
}

std::vector<std::int64_t> AttendInput::read_offsets(const char* name, std::int64_t tokens,
                                                    const char* of) const {
  const std::vector<std::int64_t>& shape = file_.at(name).shape;
  if (shape.size() != 1 || shape[0] < 1) throw wrong_shape(file_, name, "[sequences + 1]");
  std::vector<std::int64_t> offsets = file_.read_integers(name);
  if (offsets.front() != 0)
    throw wrong(file_, name, "element 0 is " + text(offsets.front()) + "; expected 0");
  const auto descent = std::adjacent_find(offsets.begin(), offsets.end(), std::greater<>());
  if (descent != offsets.end()) {
    const std::int64_t at = descent - offsets.begin();
    throw wrong(file_, name,
                "is not ascending: element " + text(at) + " is " + text(*descent) + ", element " +
                    text(at + 1) + " is " + text(*(descent + 1)));
  }
  if (offsets.back() != tokens) {
    const bool keys_by_offsets = *of == 'k' && std::string(name) == "offsets";
    throw wrong(file_, name,
                "ends at " + text(offsets.back()) + ", but " + of + " has " + text(tokens) + " tokens" +
                    (keys_by_offsets ? " and there is no kv_offsets" : ""));
  }
  return offsets;
}

std::vector<std::int64_t> AttendInput::read_for_each_sequence(const char* name) const {
  if (file_.find(name) == nullptr) return {};
  const std::vector<std::int64_t>& shape = file_.at(name).shape;
  if (shape.size() != 1 || shape[0] != sequences())
    throw wrong_shape(file_, name, "[" + text(sequences()) + "], one value for each sequence");
  return file_.read_integers(name);
}

void AttendInput::read_positions() {
  key_counts_ = read_for_each_sequence("key_counts");
  for (std::size_t s = 0; s < key_counts_.size(); ++s) {
    const std::int64_t keys = key_offsets_[s + 1] - key_offsets_[s];
    if (key_counts_[s] < 0 || key_counts_[s] > keys)
      throw wrong(file_, "key_counts",
                  "element " + std::to_string(s) + " is " + text(key_counts_[s]) + "; expected 0 to " +
                      text(keys) + ", the keys of the sequence");
  }
  first_query_positions_ = read_for_each_sequence("first_query_positions");
  if (!asked_.first_position) return;
  if (file_.find("first_query_positions") != nullptr)
    throw wrong(file_, "first_query_positions",
                "says what --first-position " + text(*asked_.first_position) + " says too");
  first_query_positions_.assign(as_size(sequences()), *asked_.first_position);
}

AttendInput::ScoresSizes AttendInput::scores_sizes(const char* name) const {
  const std::vector<std::int64_t>& shape = file_.at(name).shape;
  if (shape.size() < 2 || shape.size() > 4)
    throw wrong_shape(file_, name,
                      "[queries, keys], [heads or 1, queries, keys] or [batch or 1, heads or 1, ...]");
  const auto from_end = [&](std::size_t n) { return n > shape.size() ? 1 : shape[shape.size() - n]; };
  const ScoresSizes sizes = {from_end(4), from_end(3), from_end(2), from_end(1)};
  const std::int64_t queries = longest(offsets_), keys = longest(key_offsets_);
  const auto fits = [](std::int64_t size, std::int64_t all) { return size == 1 || size == all; };
  // Fewer keys than there are: as ONNX pads a mask, the others are hidden. But one key may also be meant to
  // be repeated.
  const bool keys_fit = sizes.keys <= keys && (sizes.keys != 1 || keys == 1);
  if (!fits(sizes.batch, sequences()) || !fits(sizes.heads, q_.sizes.heads) ||
      !fits(sizes.queries, queries) || !keys_fit)
    throw wrong_shape(file_, name,
                      "what broadcasts to [" + text(sequences()) + ", " + text(q_.sizes.heads) + ", " +
                          text(queries) + ", " + text(keys) +
                          "] (sequences, heads, queries and keys of the longest)");
  return sizes;
}

void AttendInput::check_sinks() const {
  if (file_.find("sinks") == nullptr) return;
  const std::vector<std::int64_t>& shape = file_.at("sinks").shape;
  if (shape.size() != 1 || shape[0] != q_.sizes.heads)
    throw wrong_shape(file_, "sinks", "[" + text(q_.sizes.heads) + "], one value for each head of q");
}

std::vector<float> AttendInput::read_floats(const char* name) const {
  std::vector<float> values(as_size(file_.at(name).elements()));
  file_.read(name, 0, values);
  return values;
}

void AttendInput::read_values() {
  q_.values = read_floats("q");
  k_.values = read_floats("k");
  v_.values = read_floats("v");
  if (bias_sizes_) bias_ = read_floats("bias");
  if (file_.find("sinks") != nullptr) sinks_ = read_floats("sinks");
  if (!mask_sizes_) return;
  mask_.resize(as_size(file_.at("mask").elements()));
  file_.read_bytes("mask", 0, mask_);
}

HeadsSizes AttendInput::outputs() const noexcept {
  HeadsSizes sizes = q_.sizes;
  sizes.head_dim = v_.sizes.head_dim;
  return sizes;
}

std::int64_t AttendInput::sequences() const noexcept {
  return static_cast<std::int64_t>(offsets_.size()) - 1;
}

std::int64_t AttendInput::queries_of(std::int64_t sequence) const noexcept {
  return offsets_[as_size(sequence) + 1] - offsets_[as_size(sequence)];
}

std::int64_t AttendInput::keys_of(std::int64_t sequence) const noexcept {
  if (!key_counts_.empty()) return key_counts_[as_size(sequence)];
  return key_offsets_[as_size(sequence) + 1] - key_offsets_[as_size(sequence)];
}

AttentionTensors AttendInput::tensors() {
  return {.q = view_of(q_.values.data(), q_.sizes, layout_),
          .k = view_of(k_.values.data(), k_.sizes, layout_),
          .v = view_of(v_.values.data(), v_.sizes, layout_),
          .out = {},
          .offsets = offsets_,
          .key_offsets = key_offsets_};
}

AttentionOptions AttendInput::options() const {
  AttentionOptions options = {.scale = asked_.scale,
                              .window = asked_.window,
                              .first_query = asked_.first_query,
                              .first_query_positions = first_query_positions_,
                              .key_counts = key_counts_,
                              .softcap = asked_.softcap,
                              .sinks = sinks_};
  if (asked_.causal) options.window.right = 0;
  // Without elements there are no keys that a mask or a bias shows: it is there all the same.
  static constexpr float none = 0;
  static constexpr std::uint8_t hidden = 0;
  if (mask_sizes_) {
    options.mask = view_of_scores<MaskView>(*mask_sizes_);
    options.mask.data = mask_.empty() ? &hidden : mask_.data();
  }
  if (bias_sizes_) {
    options.bias = view_of_scores<BiasView>(*bias_sizes_);
    options.bias.data = bias_.empty() ? &none : bias_.data();
  }
  return options;
}

}  // namespace saccade::command
