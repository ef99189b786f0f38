// A libFuzzer target: its bytes choose a call of attention(), valid or not. A valid one has the same bits
// with every ISA and number of threads, from a cache or from tensors, at once or from its states; an invalid
// one is an Error and writes nothing. AddressSanitizer watches all operands, which have exactly the size they
// need.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "fuzz/attention_case.hpp"
#include "ops/attention/attention.hpp"
#include "saccade/error.hpp"

namespace saccade::fuzz {
namespace {

[[noreturn]] void report(const char* what, const std::string& where) {
  std::fprintf(stderr, "attention_fuzz: %s: %s\n", what, where.c_str());
  std::abort();
}

Engine& engine_of(Isa isa, int threads) {
  static std::map<std::pair<Isa, int>, Engine> engines;
  const auto [at, created] =
      engines.try_emplace({isa, threads}, EngineOptions{.threads = threads, .isa = isa});
  scheduler::context_of(at->second).thread_work = 1;  // small problems run on all threads, too
  return at->second;
}

Engine& choose_engine(Choices& choices) {
  static const std::vector<Isa> isas = supported_isas();
  // The fastest twice as often: the slowest, which comes first, takes most of the time.
  const auto count = static_cast<std::int64_t>(isas.size());
  const Isa isa = isas[static_cast<std::size_t>(count - 1 - choices.below(2 * count - 1) % count)];
  return engine_of(isa, 1 + static_cast<int>(choices.below(3)));
}

std::string name_of(const Engine& engine) {
  return std::string(to_string(engine.isa())) + " x " + std::to_string(engine.threads());
}

/// Tokens of each sequence from begin[s] to end[s] - 1, one after the other.
Memory gather(const Case& c, const Tensor& tensor, const std::vector<std::int64_t>& begin,
              const std::vector<std::int64_t>& end) {
  Memory all;
  const std::size_t size = size_of(tensor.view.type);
  for (std::size_t s = 0; s < begin.size(); ++s) {
    for (std::int64_t t = begin[s]; t < end[s]; ++t) {
      for (std::int64_t h = 0; h < tensor.view.heads; ++h) {
        const std::byte* const from =
            tensor.memory.data() +
            static_cast<std::size_t>(vector_begin(tensor.view, c.key_offsets, s, t, h)) * size;
        all.insert(all.end(), from, from + static_cast<std::size_t>(tensor.view.head_dim) * size);
      }
    }
  }
  all.shrink_to_fit();
  return all;
}

void append_tokens(Engine& engine, const Case& c, CacheMemory& memory, const std::vector<std::int64_t>& begin,
                   const std::vector<std::int64_t>& end) {
  std::vector<std::int64_t> offsets = {0};
  for (std::size_t s = 0; s < begin.size(); ++s) offsets.push_back(offsets.back() + end[s] - begin[s]);
  const Memory k = gather(c, c.k, begin, end), v = gather(c, c.v, begin, end);
  const auto packed = [&](const Memory& values, std::int64_t dim) {
    return ConstHeadsView{values.data(), offsets.back(), c.key_heads, dim, c.key_heads * dim, dim, 0,
                          c.k.view.type};
  };
  append(engine, memory.cache(c), begin, packed(k, c.head_dim), packed(v, c.value_dim), offsets);
}

void fill_cache(Choices& choices, const Case& c, CacheMemory& memory) {
  std::vector<std::int64_t> all, none(static_cast<std::size_t>(c.sequences()), 0);
  for (std::size_t s = 0; s < none.size(); ++s) all.push_back(c.all_keys(s));
  append_tokens(choose_engine(choices), c, memory, none, c.appended_first);
  append_tokens(choose_engine(choices), c, memory, c.appended_first, all);
}

void expect_error(Choices& choices, const Case& c, CacheMemory* memory) {
  Results results(c);
  Call call(c, results, memory);
  if (!spoil(choices, c, call)) return;
  try {
    call.run(choose_engine(choices));
  } catch (const Error&) {
    const std::string changed = difference(c, results, Results(c));
    if (changed != "") report("an invalid call wrote", changed);
    return;
  }
  report("no Error", "from an invalid call");
}

void check_states(Engine& engine, const Case& c, const Results& expected) {
  Results merged(c);
  Call call(c, merged, nullptr);
  // merge_states knows no sequences.
  if (call.out.sequence_stride != 0 || call.options.log_sum_exp.sequence_stride != 0) return;
  std::vector<float> states = expected.states;
  const StatesView part = {states.data(), c.state_blocks};
  merge_states(engine, {&part, 1}, call.out, c.sinks, call.options.log_sum_exp);
  merged.scores = expected.scores;
  merged.top_keys = expected.top_keys;
  merged.top_probabilities = expected.top_probabilities;
  merged.states = expected.states;
  const std::string different = difference(c, merged, expected);
  if (different != "") report("merge_states gives other bits", different);
}

void run(Choices& choices) {
  const Case c = choose_case(choices);
  CacheMemory memory(c);
  if (c.cached) fill_cache(choices, c, memory);
  if (choices.rarely(4)) return expect_error(choices, c, c.cached ? &memory : nullptr);
  Results expected(c);
  Engine& first = choose_engine(choices);
  Call(c, expected, nullptr).run(first);
  if (!untouched_beside_out(c, expected)) report("written beside out", name_of(first));
  for (int i = 0; i < 2; ++i) {
    Results again(c);
    Engine& engine = choose_engine(choices);
    Call(c, again, c.cached ? &memory : nullptr).run(engine);
    const std::string different = difference(c, again, expected);
    if (different != "")
      report(
          (name_of(engine) + (c.cached ? " from a cache" : "") + " differs from " + name_of(first)).c_str(),
          different);
  }
  if (c.state_blocks >= 0) check_states(first, c, expected);
}

}  // namespace
}  // namespace saccade::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  saccade::fuzz::Choices choices({data, size});
  try {
    saccade::fuzz::run(choices);
  } catch (const saccade::Error& error) {
    saccade::fuzz::report("a valid call failed", error.what());
  }
  return 0;
}
