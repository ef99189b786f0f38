#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "saccade/export.hpp"
#include "saccade/isa.hpp"

namespace saccade {

/// The precision in which matrix elements are summed: those of linear layers, and scores q k^T. Everything
/// else is fp32 in either.
enum class Accumulation {
  fp32,  ///< the fastest
  fp64,  ///< rounded to fp32 once for every 256 products: for references, at about twice the time
};

/// "fp32" or "fp64".
SACCADE_API [[nodiscard]] std::string_view to_string(Accumulation accumulation) noexcept;

/// How an Engine is set up; the defaults suit a program that has the machine for itself.
struct EngineOptions {
  /// Threads that work on one call, the caller's included: 1 to 4096. 0: as many as the affinity mask and the
  /// cgroup CPU quota (rounded down, at least one) allow.
  int threads = 0;
  /// Kernels to use. Unset: $SACCADE_ISA where it is set, else the fastest that the CPU supports.
  std::optional<Isa> isa = {};
  /// Part of the numerical contract: the only option that changes results.
  Accumulation accumulation = Accumulation::fp32;
};

/// Threads, kernels and scratch memory: the first argument of everything that computes. Engines with
/// different threads or ISAs can exist at the same time. Several threads may use one engine at once: each
/// call leases its own scratch. Results do not depend on the engine, except for its accumulation.
///
/// @code
/// saccade::Engine all_cpus;      // threads and kernels of this machine
/// saccade::Engine one_thread({.threads = 1, .isa = saccade::Isa::scalar});
/// saccade::Engine reference({.accumulation = saccade::Accumulation::fp64});
/// all_cpus.reserve(64 << 20);    // calls that take at most 64 MiB of scratch allocate nothing
/// @endcode
class SACCADE_API Engine {
 public:
  /// Throws Error{unsupported} naming what is supported when the requested ISA cannot run here, and
  /// Error{invalid_argument} for an ISA name in $SACCADE_ISA that does not exist or threads out of range.
  explicit Engine(const EngineOptions& options = {});
  ~Engine();
  /// Moves the engine; the one moved from may only be assigned to or destroyed.
  Engine(Engine&&) noexcept;
  /// Moves the engine; the one moved from may only be assigned to or destroyed.
  Engine& operator=(Engine&&) noexcept;

  /// The instruction set of its kernels.
  [[nodiscard]] Isa isa() const noexcept;
  /// The reason for this ISA: "fastest supported", "$SACCADE_ISA" or "asked for by the caller".
  [[nodiscard]] const std::string& isa_reason() const noexcept;
  /// The precision of its sums.
  [[nodiscard]] Accumulation accumulation() const noexcept;
  /// The most threads that work on one call, the caller's included.
  [[nodiscard]] int threads() const noexcept;
  /// The reason for this number of threads, for example "cgroup CPU quota of 2.50".
  [[nodiscard]] const std::string& threads_reason() const noexcept;

  /// Bytes of scratch memory held, in use or ready for reuse.
  [[nodiscard]] std::size_t scratch_bytes() const;
  /// Allocates scratch memory ahead of time, so that one call at a time whose workspace fits in `bytes`
  /// allocates nothing.
  void reserve(std::size_t bytes);

 private:
  friend struct EngineAccess;
  struct State;
  explicit Engine(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace saccade
