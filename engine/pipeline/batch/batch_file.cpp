#include <algorithm>
#include <cmath>
#include <string>

#include "core/aligned_buffer.hpp"
#include "core/as_size.hpp"
#include "core/public_call.hpp"
#include "pipeline/batch/batch_input.hpp"
#include "pipeline/batch/batch_output.hpp"
#include "pipeline/batch/memory_limit.hpp"
#include "pipeline/batch/row_flops.hpp"
#include "pipeline/batch/window_layout.hpp"
#include "pipeline/batch/windows.hpp"
#include "saccade/error.hpp"
#include "saccade/run_files.hpp"

namespace saccade {
namespace {

namespace fs = std::filesystem;
using core::as_size;
using pipeline::BatchWindow;

/// A layer does hundreds of operations with each byte, so that this keeps a thread busy for some tens of
/// milliseconds or more: the end of a window costs little, and still progress, a stop request and the files
/// are served several times a second, with any number of threads.
constexpr double activation_bytes_per_thread = 8.0 * (1 << 20);

std::uint64_t memory_limit_of(const BatchFileOptions& options) {
  return options.max_memory > 0 ? options.max_memory : default_memory_limit();
}

std::int64_t count_nan_rows(ConstMatrixView x) {
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < x.rows; ++row) {
    const float* begin = x.data + row * x.row_stride;
    if (std::any_of(begin, begin + x.columns, [](float value) { return std::isnan(value); })) ++count;
  }
  return count;
}

std::span<float> values(MatrixView matrix) {
  return {matrix.data, as_size(matrix.rows * matrix.columns)};
}

/// One run over one file: plan, then window by window read, compute, write.
class BatchFileRun {
 public:
  BatchFileRun(Engine& engine, const SelfAttention& layer, const fs::path& path,
               const BatchFileOptions& options);

  BatchFileSummary write_to(const fs::path& path);

 private:
  void plan();
  void check_stop(std::int64_t sequences_done) const;
  void report(std::int64_t sequences_done) const;
  void compute(const BatchWindow& window);
  void forward(const BatchWindow& window);
  void write(const BatchWindow& window, pipeline::BatchOutput& output) const;

  Engine& engine_;
  const SelfAttention& layer_;
  const BatchFileOptions& options_;
  std::uint64_t max_memory_;
  pipeline::BatchInput input_;
  pipeline::WindowLayout layout_;
  std::vector<std::int64_t> windows_;  ///< where each begins, and the end
  AlignedBuffer<std::byte> memory_;    ///< for the largest of them
  BatchFileSummary summary_;
};

BatchFileRun::BatchFileRun(Engine& engine, const SelfAttention& layer, const fs::path& path,
                           const BatchFileOptions& options)
    : engine_(engine),
      layer_(layer),
      options_(options),
      max_memory_(memory_limit_of(options)),
      input_(path, {layer.width(), options.sequences, options.rows, max_memory_, options.ignored_tensors}),
      layout_(layer, input_, options) {
  plan();
}

void BatchFileRun::plan() {
  const auto bytes_of = [&](std::int64_t first, std::int64_t last) {
    return layout_.bytes(engine_, first, last);
  };
  const auto name_of = [&](std::int64_t s) {
    const auto at = as_size(s);
    return input_.path().string() + ": sequence " + std::to_string(input_.number(s)) + " of " +
           std::to_string(input_.offsets()[at + 1] - input_.offsets()[at]) + " tokens";
  };
  windows_ = pipeline::plan_windows(input_.offsets(), bytes_of,
                                    activation_bytes_per_thread * engine_.threads(), max_memory_, name_of);
  double buffers = 0;
  double scratch = 0;
  for (std::size_t w = 0; w + 1 < windows_.size(); ++w) {
    const pipeline::WindowBytes bytes = bytes_of(windows_[w], windows_[w + 1]);
    buffers = std::max(buffers, bytes.buffers());
    scratch = std::max(scratch, bytes.scratch);
  }
  memory_ = AlignedBuffer<std::byte>(static_cast<std::size_t>(buffers));
  engine_.reserve(static_cast<std::size_t>(scratch));
}

void BatchFileRun::check_stop(std::int64_t sequences_done) const {
  if (!options_.stop.stop_requested()) return;
  throw Error(ErrorCode::cancelled, input_.path().string() + ": stopped on request after " +
                                        std::to_string(sequences_done) + " of " +
                                        std::to_string(input_.sequences()) + " sequences");
}

void BatchFileRun::report(std::int64_t sequences_done) const {
  if (!options_.on_progress) return;
  options_.on_progress(
      {sequences_done, input_.sequences(), input_.offsets()[as_size(sequences_done)], input_.tokens()});
}

void BatchFileRun::forward(const BatchWindow& window) {
  std::vector<ProbabilitiesRequest> requests;
  float* out = window.probabilities.data();
  for (std::size_t s = 0; s < window.maps.size(); ++s) {
    const std::size_t size = window.maps[s].values.size();
    requests.push_back({static_cast<std::int64_t>(s), {}, {out, size}});
    out += size;
  }
  layer_.forward(engine_, {window.x, window.offsets}, window.z, {options_.window, window.context, requests});
  summary_.flops += layer_.flops(window.offsets, options_.window);
}

void BatchFileRun::compute(const BatchWindow& window) {
  summary_.sequences += window.last - window.first;
  summary_.tokens += window.x.rows;
  summary_.nan_tokens += count_nan_rows(window.x);
  if (options_.rows.empty()) return forward(window);
  layer_.forward_rows(engine_, {window.x, window.offsets}, options_.rows, window.z,
                      {options_.window, window.context, window.probabilities});
  summary_.flops += pipeline::row_flops(layer_, window.offsets, options_.window, options_.rows);
}

void BatchFileRun::write(const BatchWindow& window, pipeline::BatchOutput& output) const {
  output.append(values(window.z), values(window.context));
  for (const SequenceProbabilities& map : window.maps) {
    output.append(map);
    if (options_.on_probabilities) options_.on_probabilities(map);
  }
}

BatchFileSummary BatchFileRun::write_to(const fs::path& path) {
  pipeline::BatchOutput output(path, input_, layer_, options_);
  report(0);
  for (std::size_t w = 0; w + 1 < windows_.size(); ++w) {
    check_stop(windows_[w]);
    const BatchWindow window = layout_.place(windows_[w], windows_[w + 1], memory_.data());
    input_.read(window.first, window.last, values(window.x));
    compute(window);
    write(window, output);
    report(window.last);
  }
  check_stop(input_.sequences());
  output.commit();
  return summary_;
}

}  // namespace

BatchFileSummary run_batch_file(Engine& engine, const SelfAttention& layer, const fs::path& input,
                                const fs::path& output, const BatchFileOptions& options) try {
  return BatchFileRun(engine, layer, input, options).write_to(output);
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
