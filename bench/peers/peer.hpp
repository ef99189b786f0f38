#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iterator>
#include <string>

#include "bench/attention_problem.hpp"
#include "bench/timing.hpp"

namespace saccade::bench {

/// What a program that drives another engine is asked for: BATCH HEADS QUERIES KEYS HEAD_DIM MASK THREADS
/// [REPETITIONS].
struct PeerCall {
  AttentionShape shape;
  int threads = 1;
  std::size_t repetitions = 0;  ///< 0: as many as half a second takes
};

inline PeerCall read_call(int argc, char** argv) {
  const MaskKind* const mask = std::find_if(std::begin(mask_kinds), std::end(mask_kinds), [&](MaskKind kind) {
    return argc > 6 && argv[6] == to_string(kind);
  });
  if (argc < 8 || mask == std::end(mask_kinds)) {
    std::fprintf(stderr, "usage: %s BATCH HEADS QUERIES KEYS HEAD_DIM MASK THREADS [REPETITIONS]\n", argv[0]);
    std::exit(2);
  }
  const auto number = [&](int i) { return std::strtoll(argv[i], nullptr, 10); };
  return {{number(1), number(2), number(2), number(3), number(4), number(5), *mask},
          static_cast<int>(number(7)),
          argc > 8 ? static_cast<std::size_t>(number(8)) : 0};
}

/// Prints the row that `saccade bench attention --format jsonl` prints for saccade.
inline void print_row(const std::string& peer, const std::string& version, const PeerCall& call,
                      const Timing& timing, double max_abs_err) {
  const AttentionShape& shape = call.shape;
  std::printf(R"({"peer":"%s","version":"%s","case":"%s","threads":%d,"causal":%s,"mask":"%s",)"
              R"("seconds_median":%.9g,"seconds_min":%.9g,"gflops":%.6g,"reps":%zu,"max_abs_err":%.3g})"
              "\n",
              peer.c_str(), version.c_str(), shape.name().c_str(), call.threads,
              shape.mask == MaskKind::causal ? "true" : "false", std::string(to_string(shape.mask)).c_str(),
              timing.median, timing.min, shape.flops() / timing.median * 1e-9, timing.calls, max_abs_err);
  std::fflush(stdout);
}

/// An engine's call, and what it takes afterwards to have its outputs as [batch][heads][queries][head_dim].
struct PreparedCall {
  std::function<void()> attend;
  std::function<void()> finish = [] {};
};

/// Times an engine on a shape. make(shape, inputs, out) prepares all that a user would prepare once.
template <class Make>
int run_peer(const std::string& peer, const std::string& version, const PeerCall& call, const Make& make) {
  const AttentionInputs inputs(call.shape);
  try {
    std::vector<float> out(call.shape.q_size());
    const PreparedCall prepared = make(call.shape, inputs, out);
    Repetitions calls(call.repetitions);
    calls.warm_up(prepared.attend);
    while (!calls.done()) calls.time(prepared.attend);
    prepared.finish();
    print_row(peer, version, call, calls.timing(), max_abs_error(call.shape, inputs, out.data()));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s: %s\n", peer.c_str(), call.shape.name().c_str(), error.what());
    return 1;
  }
  return 0;
}

}  // namespace saccade::bench
