#include "pipeline/batch/batch_input.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/as_size.hpp"
#include "io/files/errors.hpp"
#include "io/formats/convert.hpp"

namespace saccade::pipeline {
namespace {

using core::as_size;

std::string text(std::int64_t number) {
  return std::to_string(number);
}

std::string text(std::span<const std::int64_t> shape) {
  std::string result = "[";
  for (const std::int64_t size : shape) result += (result.size() > 1 ? ", " : "") + text(size);
  return result + "]";
}

void check_memory_of_offsets(const io::Place& place, std::int64_t sequences, std::uint64_t max_memory) {
  constexpr std::uint64_t bytes_each = 3 * sizeof(std::int64_t);  // offset, begin and number
  const auto count = static_cast<std::uint64_t>(sequences);
  if (count <= max_memory / bytes_each) return;
  throw Error(ErrorCode::memory_limit, io::to_string(place) + "the offsets of " + std::to_string(count) +
                                           " sequences do not fit the memory limit of " +
                                           std::to_string(max_memory) + " bytes");
}

void check_offsets(const io::Place& place, std::span<const std::int64_t> offsets, std::int64_t tokens) {
  if (offsets.front() != 0)
    throw io::format_error(place, "element 0 is " + text(offsets.front()) + "; expected 0");
  const auto descent = std::adjacent_find(offsets.begin(), offsets.end(), std::greater<>());
  if (descent != offsets.end()) {
    const std::int64_t at = descent - offsets.begin();
    throw io::format_error(place, "is not ascending: element " + text(at) + " is " + text(*descent) +
                                      ", element " + text(at + 1) + " is " + text(*(descent + 1)));
  }
  if (offsets.back() != tokens)
    throw io::format_error(place,
                           "ends at " + text(offsets.back()) + ", but x has " + text(tokens) + " tokens");
}

/// Whether a tensor is a result or a weight, which may be stored beside the input.
bool is_no_input(std::string_view name) {
  return name == "z" || name == "context" || name.starts_with("probabilities_") ||
         name.ends_with(".weight") || name.ends_with(".bias") || name.ends_with("in_proj_weight") ||
         name.ends_with("in_proj_bias");
}

}  // namespace

BatchInput::BatchInput(const std::filesystem::path& path, const InputRequest& request)
    : file_(TensorFile::open(path)), width_(request.width) {
  check_x(request);
  read_offsets(request);
  check_others(request);
  if (!request.sequences.empty()) choose(request.sequences);
  check_rows(request.rows);
}

void BatchInput::check_others(const InputRequest& request) const {
  for (const std::string& name : request.ignored) static_cast<void>(file_.at(name));
  for (const TensorInfo& tensor : file_.tensors()) {
    if (is_no_input(tensor.name)) static_cast<void>(file_.at(tensor.name));
  }
  file_.require_all_used("x and perhaps offsets, or to be told to ignore it");
}

void BatchInput::check_x(const InputRequest& request) {
  const TensorInfo& x = file_.at("x");
  const io::Place place = {path(), "x"};
  if (!io::converts_to_float(x.type))
    throw io::format_error(place,
                           "has type " + std::string(to_string(x.type)) + "; expected f32, f16, bf16 or f64");
  if (x.shape.size() != 2 && x.shape.size() != 3)
    throw io::format_error(
        place, "has shape " + text(x.shape) + "; expected [tokens, width] or [sequences, length, width]");
  if (x.shape.back() != request.width)
    throw io::argument_error(place, "has shape " + text(x.shape) + ", so a width of " + text(x.shape.back()) +
                                        "; the weights take " + text(request.width));
}

void BatchInput::read_offsets(const InputRequest& request) {
  const std::vector<std::int64_t>& shape = file_.at("x").shape;
  const TensorInfo* info = file_.find("offsets");
  if (shape.size() == 3) {
    const io::Place place = {path(), "x"};
    if (info != nullptr)
      throw io::format_error(place, "has shape " + text(shape) + "; beside offsets expected [tokens, width]");
    check_memory_of_offsets(place, shape[0], request.max_memory);
    length_ = shape[1];
    for (std::int64_t s = 0; s <= shape[0]; ++s) offsets_.push_back(s * shape[1]);
    return;
  }
  if (info == nullptr) {
    offsets_ = {0, shape[0]};
    return;
  }
  const io::Place place = {path(), "offsets"};
  if (info->shape.size() != 1 || info->shape[0] < 1)
    throw io::format_error(place, "has shape " + text(info->shape) + "; expected [sequences + 1]");
  check_memory_of_offsets(place, info->shape[0], request.max_memory);
  offsets_type_ = info->type;
  offsets_ = file_.read_integers("offsets");
  check_offsets(place, offsets_, shape[0]);
}

void BatchInput::choose(std::span<const std::int64_t> chosen) {
  std::vector<std::int64_t> offsets = {0};
  std::int64_t before = -1;
  for (const std::int64_t s : chosen) {
    if (s < 0 || s >= sequences())
      throw io::argument_error({path()}, "has no sequence " + text(s) + ": it has " + text(sequences()) +
                                             " sequences, counted from 0");
    if (s <= before)
      throw io::argument_error({path()}, "sequences are to be chosen in ascending order, not " + text(s) +
                                             " after " + text(before));
    before = s;
    begins_.push_back(offsets_[as_size(s)]);
    offsets.push_back(offsets.back() + offsets_[as_size(s + 1)] - offsets_[as_size(s)]);
  }
  numbers_.assign(chosen.begin(), chosen.end());
  offsets_ = std::move(offsets);
}

void BatchInput::check_rows(std::span<const std::int64_t> rows) const {
  if (rows.empty()) return;
  const auto [least, most] = std::minmax_element(rows.begin(), rows.end());
  if (*least < 0) throw io::argument_error({path()}, "cannot choose row " + text(*least));
  for (std::int64_t s = 0; s < sequences(); ++s) {
    const std::int64_t tokens = offsets_[as_size(s + 1)] - offsets_[as_size(s)];
    if (*most < tokens) continue;
    throw io::argument_error({path()}, "has no row " + text(*most) + " in sequence " + text(number(s)) +
                                           ", whose length is " + text(tokens) + " (rows count from 0)");
  }
}

std::int64_t BatchInput::number(std::int64_t sequence) const noexcept {
  return numbers_.empty() ? sequence : numbers_[as_size(sequence)];
}

void BatchInput::read(std::int64_t first, std::int64_t last, std::span<float> x) const {
  if (begins_.empty()) return file_.read("x", offsets_[as_size(first)] * width_, x);
  for (std::int64_t s = first; s < last; ++s) {
    const auto count = as_size((offsets_[as_size(s + 1)] - offsets_[as_size(s)]) * width_);
    file_.read("x", begins_[as_size(s)] * width_, x.first(count));
    x = x.subspan(count);
  }
}

}  // namespace saccade::pipeline
