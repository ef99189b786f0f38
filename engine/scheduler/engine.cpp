#include "saccade/engine.hpp"

#include "core/public_call.hpp"
#include "kernels/table/select.hpp"
#include "saccade/error.hpp"
#include "saccade/tbb.hpp"
#include "saccade/version.hpp"
#include "scheduler/arena.hpp"
#include "scheduler/cpu_limits.hpp"
#include "scheduler/execution_context.hpp"

#include <oneapi/tbb/version.h>

namespace saccade {

struct [[gnu::visibility("hidden")]] Engine::State {
  scheduler::ExecutionContext context;
  std::string isa_reason;
  std::string threads_reason;
};

/// Gives the library access to the state of an Engine.
struct EngineAccess {
  using State = Engine::State;
  static State& state(const Engine& engine) noexcept { return *engine.state_; }
  static Engine make(std::unique_ptr<State> state) { return Engine(std::move(state)); }
};

namespace scheduler {

ExecutionContext::ExecutionContext() = default;
ExecutionContext::~ExecutionContext() = default;

ExecutionContext& context_of(const Engine& engine) noexcept {
  return EngineAccess::state(engine).context;
}

}  // namespace scheduler

namespace {

using State = EngineAccess::State;

/// The most threads of an engine. Scratch memory is taken for each thread, so that a mistyped number must be
/// refused.
constexpr int most_threads = 4096;

std::unique_ptr<State> state_with_kernels(const EngineOptions& options) {
  auto state = std::make_unique<State>();
  kernels::Selection selection = kernels::select_kernels(options.isa, options.accumulation);
  state->context.kernels = selection.kernels;
  state->isa_reason = std::move(selection.reason);
  return state;
}

std::unique_ptr<State> own_state(const EngineOptions& options) {
  if (options.threads < 0 || options.threads > most_threads)
    throw Error(ErrorCode::invalid_argument, "threads is " + std::to_string(options.threads) +
                                                 "; expected 0 to " + std::to_string(most_threads));
  auto state = state_with_kernels(options);
  const scheduler::CpuLimit limit = options.threads > 0
                                        ? scheduler::CpuLimit{options.threads, "asked for by the caller"}
                                        : scheduler::cpu_limit();
  state->context.threads = limit.threads;
  state->threads_reason = limit.reason;
  state->context.arena = std::make_unique<scheduler::Arena>(limit.threads);
  return state;
}

}  // namespace

std::string_view to_string(Accumulation accumulation) noexcept {
  return accumulation == Accumulation::fp64 ? "fp64" : "fp32";
}

Engine::Engine(const EngineOptions& options) try : Engine(own_state(options)) {
} catch (...) {
  core::rethrow_as_error();
}
Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Isa Engine::isa() const noexcept {
  return state_->context.kernels->isa;
}
const std::string& Engine::isa_reason() const noexcept {
  return state_->isa_reason;
}
Accumulation Engine::accumulation() const noexcept {
  return state_->context.kernels->accumulation;
}
int Engine::threads() const noexcept {
  return state_->context.threads;
}
const std::string& Engine::threads_reason() const noexcept {
  return state_->threads_reason;
}
std::size_t Engine::scratch_bytes() const {
  return state_->context.scratch.bytes();
}
void Engine::reserve(std::size_t bytes) try { state_->context.scratch.reserve(bytes); } catch (...) {
  core::rethrow_as_error();
}

Engine engine_in_arena(oneapi::tbb::task_arena& arena, const EngineOptions& options) try {
  if (options.threads != 0)
    throw Error(ErrorCode::invalid_argument, "threads is " + std::to_string(options.threads) +
                                                 "; in a borrowed arena expected 0: the arena decides");
  auto state = state_with_kernels(options);
  arena.initialize();
  state->context.threads = arena.max_concurrency();
  state->threads_reason = "the host's task arena";
  state->context.arena = std::make_unique<scheduler::Arena>(arena);
  return EngineAccess::make(std::move(state));
} catch (...) {
  core::rethrow_as_error();
}

std::string tbb_version() {
  const std::string text = TBB_runtime_version();
  return text;
}

}  // namespace saccade
