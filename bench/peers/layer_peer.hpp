#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <string>
#include <vector>

#include "bench/batches.hpp"
#include "bench/layer_problem.hpp"
#include "bench/timing.hpp"

namespace saccade::bench {

/// The layer that bench/compare layer is about.
inline constexpr std::int64_t layer_width = 384, layer_heads = 12;

/// Sequences that an engine takes at once. Which ones go together, longest first, is known before anything
/// is timed.
struct PaddedBatch {
  std::vector<std::int64_t> begins = {}, lengths = {};  ///< of its sequences, in tokens
  bool in_place = true;  ///< of one length and one behind the other: there is nothing to pad or to move

  [[nodiscard]] std::int64_t sequences() const { return static_cast<std::int64_t>(begins.size()); }
  [[nodiscard]] std::int64_t longest() const { return lengths.front(); }
  [[nodiscard]] std::int64_t padded_tokens() const { return sequences() * longest(); }
  [[nodiscard]] bool full() const { return lengths.back() == longest(); }

  /// Rows of [tokens][width] to [sequences][longest][width]. What was in other rows stays.
  void pad(const float* rows, std::int64_t width, float* padded) const {
    for (std::size_t s = 0; s < begins.size(); ++s, padded += longest() * width)
      std::copy_n(rows + begins[s] * width, lengths[s] * width, padded);
  }
  /// Back.
  void unpad(const float* padded, std::int64_t width, float* rows) const {
    for (std::size_t s = 0; s < begins.size(); ++s, padded += longest() * width)
      std::copy_n(padded, lengths[s] * width, rows + begins[s] * width);
  }
};

/// The sequences of a problem, `size` at a time.
inline std::vector<PaddedBatch> padded_batches(const LayerProblem& problem, std::int64_t size) {
  const auto length = [&](std::size_t s) { return problem.offsets[s + 1] - problem.offsets[s]; };
  std::vector<std::size_t> order(static_cast<std::size_t>(problem.sequences()));
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return length(a) > length(b); });
  std::vector<PaddedBatch> batches;
  for (const std::size_t s : order) {
    if (batches.empty() || batches.back().sequences() == size) batches.emplace_back();
    PaddedBatch& batch = batches.back();
    batch.in_place = batch.begins.empty() || (batch.in_place && length(s) == batch.longest() &&
                                              problem.offsets[s] == batch.begins.back() + batch.longest());
    batch.begins.push_back(problem.offsets[s]);
    batch.lengths.push_back(length(s));
  }
  return batches;
}

/// Sizes of batches that are tried: the last is all sequences.
inline std::vector<std::int64_t> batch_sizes(const LayerProblem& problem) {
  std::vector<std::int64_t> sizes;
  for (const std::int64_t size : {1, 8, 32, 128})
    if (size < problem.sequences()) sizes.push_back(size);
  sizes.push_back(problem.sequences());
  return sizes;
}

/// Maps [out][in], one below the other, as [in][out], side by side.
inline std::vector<float> transposed(const std::vector<const std::vector<float>*>& maps, std::int64_t width) {
  const auto n = static_cast<std::size_t>(width);
  std::vector<float> all(maps.size() * n * n);
  for (std::size_t map = 0; map < maps.size(); ++map)
    for (std::size_t out = 0; out < n; ++out)
      for (std::size_t in = 0; in < n; ++in)
        all[(in * maps.size() + map) * n + out] = (*maps[map])[out * n + in];
  return all;
}
/// Of queries, keys and values [width][3 * width].
inline std::vector<float> transposed_qkv(const LayerWeights& weights, std::int64_t width) {
  return transposed({&weights.query, &weights.key, &weights.value}, width);
}

/// An engine on a set of sequences; prints rows as saccade bench layer --format jsonl does.
class LayerPeer {
 public:
  LayerPeer(std::string name, std::string version, std::string set, int threads, std::size_t repetitions)
      : name_(std::move(name)),
        version_(std::move(version)),
        set_(std::move(set)),
        threads_(threads),
        repetitions_(repetitions),
        problem_(layer_width, layer_heads, batch_offsets(set_)) {}

  [[nodiscard]] int threads() const { return threads_; }
  [[nodiscard]] const LayerProblem& problem() const { return problem_; }

  /// Times forward(z), which makes z [tokens][width] of the problem's x. batch: the sequences in a padded
  /// batch; 0: nothing is padded.
  template <class Forward>
  void measure(std::int64_t batch, const Forward& forward) const {
    std::vector<float> z(problem_.x.size());
    const auto call = [&] { forward(z.data()); };
    Repetitions calls(repetitions_);
    calls.warm_up(call);
    while (!calls.done()) calls.time(call);
    print(batch, calls.timing(), reference_.max_abs_error(z.data()));
  }

 private:
  void print(std::int64_t batch, const Timing& timing, double max_abs_err) const {
    std::printf(R"({"peer":"%s","version":"%s","set":"%s","threads":%d,"batch":%lld,"seconds_median":%.9g,)"
                R"("seconds_min":%.9g,"tokens_per_s":%.6g,"gflops":%.6g,"reps":%zu,"max_abs_err":%.3g})"
                "\n",
                name_.c_str(), version_.c_str(), set_.c_str(), threads_, static_cast<long long>(batch),
                timing.median, timing.min, static_cast<double>(problem_.tokens()) / timing.median,
                problem_.flops() / timing.median * 1e-9, timing.calls, max_abs_err);
    std::fflush(stdout);
  }

  std::string name_, version_, set_;
  int threads_;
  std::size_t repetitions_;
  LayerProblem problem_;
  LayerReference reference_{problem_};
};

/// SET THREADS [REPETITIONS]; run(peer) measures.
template <class Run>
int run_layer_peer(const std::string& name, const std::string& version, int argc, char** argv,
                   const Run& run) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s SET THREADS [REPETITIONS]\n", argv[0]);
    return 2;
  }
  try {
    run(LayerPeer(name, version, argv[1], std::atoi(argv[2]),
                  argc > 3 ? static_cast<std::size_t>(std::atoi(argv[3])) : 0));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s: %s\n", name.c_str(), argv[1], error.what());
    return 1;
  }
}

}  // namespace saccade::bench
