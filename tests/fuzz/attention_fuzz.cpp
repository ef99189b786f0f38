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

/// What gather() returned for `tensor`.
ConstHeadsView packed(const Case& c, const Memory& values, const Tensor& tensor, std::int64_t tokens) {
  const std::int64_t dim = tensor.view.head_dim;
  return {values.data(), tokens, c.key_heads, dim, c.key_heads * dim, dim, 0, tensor.view.type};
}

void append_tokens(Engine& engine, const Case& c, CacheMemory& memory, const std::vector<std::int64_t>& begin,
                   const std::vector<std::int64_t>& end) {
  std::vector<std::int64_t> offsets = {0};
  for (std::size_t s = 0; s < begin.size(); ++s) offsets.push_back(offsets.back() + end[s] - begin[s]);
  const Memory k = gather(c, c.k, begin, end), v = gather(c, c.v, begin, end);
  append(engine, memory.cache(c), begin, packed(c, k, c.k, offsets.back()), packed(c, v, c.v, offsets.back()),
         offsets);
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

/// Some of the positions where keys can be split, multiples of 512, and both ends.
std::vector<std::int64_t> choose_borders(Choices& choices, const Case& c) {
  std::int64_t most = 0;
  for (std::size_t s = 0; s < static_cast<std::size_t>(c.sequences()); ++s) most = std::max(most, c.keys(s));
  std::vector<std::int64_t> borders = {0};
  for (std::int64_t key = 512; key < most; key += 512)
    if (choices.below(2) == 0) borders.push_back(key);
  borders.push_back(std::max<std::int64_t>(most, borders.back() + 1));
  return borders;
}

/// A mask or bias counted from key `begin` on; `size`: bytes of an element.
template <class View>
void skip_keys(View& view, std::int64_t begin, std::int64_t size) {
  using Byte = const std::byte;
  const std::int64_t skipped = std::min(begin, view.keys);
  if (view.data != nullptr)
    view.data = static_cast<decltype(view.data)>(static_cast<const void*>(
        static_cast<Byte*>(static_cast<const void*>(view.data)) + skipped * view.key_stride * size));
  view.keys -= skipped;
}

/// The keys of each sequence in parts, each by an engine of its own, with running states between them.
void check_running(Choices& choices, const Case& c, const Results& expected) {
  if (!c.first_key_positions.empty()) return;  // then the parts of a mask are not at one key of all sequences
  const auto n = static_cast<std::size_t>(c.sequences());
  const std::vector<std::int64_t> borders = choose_borders(choices, c);
  std::vector<float> running(static_cast<std::size_t>(c.offsets.back() * c.heads() * (c.value_dim + 2)),
                             12345.0f);
  Results last(c);
  for (std::size_t part = 0; part + 1 < borders.size(); ++part) {
    std::vector<std::int64_t> begin, end, key_offsets = {0};
    for (std::size_t s = 0; s < n; ++s) {
      begin.push_back(std::min(borders[part], c.keys(s)));
      end.push_back(std::min(borders[part + 1], c.keys(s)));
      key_offsets.push_back(key_offsets.back() + end[s] - begin[s]);
    }
    const Memory k = gather(c, c.k, begin, end), v = gather(c, c.v, begin, end);
    Call call(c, last, nullptr);
    call.k = packed(c, k, c.k, key_offsets.back());
    call.v = packed(c, v, c.v, key_offsets.back());
    call.key_offsets = key_offsets;
    call.key_counts.clear();
    call.first_key_positions.assign(n, borders[part]);
    for (std::size_t s = 0; c.first_query_positions.empty() && s < n; ++s)
      call.first_query_positions.push_back(
          c.options.first_query == FirstQuery::top_left ? 0 : c.keys(s) - c.queries(s));
    call.requests.clear();
    call.options.top_keys = {};
    call.options.states = {};
    skip_keys(call.options.mask, borders[part], 1);
    skip_keys(call.options.bias, borders[part], static_cast<std::int64_t>(size_of(call.options.bias.type)));
    call.options.running = {running.data(), part == 0};
    call.run(choose_engine(choices));
  }
  last.scores = expected.scores;
  last.top_keys = expected.top_keys;
  last.top_probabilities = expected.top_probabilities;
  last.states = expected.states;
  const std::string different = difference(c, last, expected);
  if (different != "") report("keys in parts give other bits", different);
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
  check_running(choices, c, expected);
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
