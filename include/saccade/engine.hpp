#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "saccade/export.hpp"
#include "saccade/isa.hpp"

namespace saccade {

/// What matrix elements are summed in: those of projections and other linear layers, and scores q k^T. All
/// else is fp32 in either.
enum class Accumulation {
  fp32,  ///< the fastest
  fp64,  ///< rounded to fp32 once for every 256 products: for references, at about twice the time
};

/// "fp32" or "fp64".
SACCADE_API [[nodiscard]] std::string_view to_string(Accumulation accumulation) noexcept;

struct EngineOptions {
  /// Threads that work on one call, the caller's included. 0: as many as the affinity mask and the cgroup CPU
  /// quota (rounded down, at least one) allow. At most 4096.
  int threads = 0;
  /// Kernels to use. Unset: $SACCADE_ISA where it is set, else the fastest that the CPU supports.
  std::optional<Isa> isa = {};
  Accumulation accumulation = Accumulation::fp32;
};

/// Threads, kernels and scratch memory: the first argument of everything that computes. Engines with
/// different threads or ISAs live side by side. One engine may be used by several threads at once: each call
/// leases its own scratch. Results never depend on the engine, but for its accumulation.
class SACCADE_API Engine {
 public:
  /// Throws Error{unsupported} naming what is supported when the ISA asked for cannot run here, and
  /// Error{invalid_argument} for an ISA name that does not exist or negative threads.
  explicit Engine(const EngineOptions& options = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  [[nodiscard]] Isa isa() const noexcept;
  /// Why this ISA: "fastest supported", "$SACCADE_ISA" or "asked for by the caller".
  [[nodiscard]] const std::string& isa_reason() const noexcept;
  [[nodiscard]] Accumulation accumulation() const noexcept;
  [[nodiscard]] int threads() const noexcept;
  /// Why so many threads, for example "cgroup CPU quota of 2.50".
  [[nodiscard]] const std::string& threads_reason() const noexcept;

  /// Bytes of scratch memory held, in use or ready for reuse.
  [[nodiscard]] std::size_t scratch_bytes() const;
  /// Takes scratch memory ahead of time, so that one call at a time whose workspace fits in `bytes`
  /// allocates nothing.
  void reserve(std::size_t bytes);

 private:
  friend struct EngineAccess;
  struct State;
  explicit Engine(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace saccade
