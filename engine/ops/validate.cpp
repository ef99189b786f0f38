#include "ops/validate.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>

#include "core/as_size.hpp"
#include "core/checked.hpp"
#include "saccade/error.hpp"

namespace saccade::ops {
namespace {

using core::as_size;

/// A head's vector is packed in fp32 beside up to fifteen others.
constexpr std::int64_t panel_bytes = 16 * static_cast<std::int64_t>(sizeof(float));

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorCode::invalid_argument, message);
}

std::string text(std::int64_t n) {
  return std::to_string(n);
}

// Names are views and messages are put together where something fails only: valid calls allocate nothing.

[[noreturn]] void fail(std::string_view name, const std::string& what_is_wrong) {
  fail(std::string(name) + what_is_wrong);
}

void require_floating(std::string_view name, StorageType type) {
  if (type != StorageType::f32 && type != StorageType::f16 && type != StorageType::bf16)
    fail(name, " is stored as " + std::string(to_string(type)) + "; expected f32, f16 or bf16");
}

void require_not_negative(std::string_view name, std::string_view member, std::int64_t n) {
  if (n < 0) fail(name, std::string(member) + " is " + text(n) + "; expected 0 or more");
}

/// Elements from the first to the last of `count` vectors `stride` apart must be addressable.
void require_addressable(std::string_view name, std::int64_t count, std::int64_t stride) {
  const auto elements = core::checked_multiply(count, stride);
  if (!elements || !core::checked_multiply<std::int64_t>(*elements, sizeof(float)))
    fail(name,
         " has " + text(count) + " vectors " + text(stride) + " elements apart, more than memory can hold");
}

std::string request_name(std::size_t request) {
  return "probabilities[" + std::to_string(request) + "]";
}

}  // namespace

void require_equal(std::string_view what, std::int64_t got, std::string_view expected_what,
                   std::int64_t expected) {
  if (got != expected)
    fail(what, " is " + text(got) + "; expected " + text(expected) + ", as " + std::string(expected_what));
}

void validate(Offsets offsets, std::int64_t tokens) {
  if (offsets.empty()) fail("offsets are empty; expected the number of sequences + 1 values");
  if (offsets.front() != 0) fail("offsets[0] is " + text(offsets.front()) + "; expected 0");
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] < offsets[i - 1])
      fail("offsets[" + std::to_string(i) + "] is " + text(offsets[i]) + ", below offsets[" +
           std::to_string(i - 1) + "] = " + text(offsets[i - 1]) + "; expected ascending values");
  }
  if (offsets.back() != tokens)
    fail("offsets end at " + text(offsets.back()) + "; expected " + text(tokens) + ", the number of tokens");
}

void validate(const ConstMatrixView& view, std::string_view name) {
  require_not_negative(name, ".rows", view.rows);
  require_not_negative(name, ".columns", view.columns);
  if (view.rows == 0 || view.columns == 0) return;
  if (view.data == nullptr) fail(name, ".data is null");
  if (view.rows > 1 && view.row_stride < view.columns)
    fail(name, ".row_stride is " + text(view.row_stride) + "; expected at least its " + text(view.columns) +
                   " columns");
  require_addressable(name, view.rows, view.row_stride);
}

void validate(const ConstHeadsView& view, std::string_view name) {
  require_not_negative(name, ".tokens", view.tokens);
  if (view.heads < 1) fail(name, ".heads is " + text(view.heads) + "; expected 1 or more");
  if (view.head_dim < 1) fail(name, ".head_dim is " + text(view.head_dim) + "; expected 1 or more");
  require_floating(name, view.type);
  require_not_negative(name, ".sequence_stride", view.sequence_stride);
  if (view.tokens == 0) return;
  if (view.data == nullptr) fail(name, ".data is null");
  require_not_negative(name, ".token_stride", view.token_stride);
  require_not_negative(name, ".head_stride", view.head_stride);
  require_addressable(name, view.tokens, view.token_stride);
  require_addressable(name, view.heads, view.head_stride);
  const auto vectors = core::checked_multiply(view.tokens, view.heads);
  if (!vectors || *vectors > std::numeric_limits<std::int64_t>::max() / panel_bytes / view.head_dim)
    fail(name, " has " + text(view.tokens) + " tokens of " + text(view.heads) + " heads of " +
                   text(view.head_dim) + " values, more than memory can hold");
}

namespace {

/// Tasks write different heads and tokens at once, so no two vectors may share an element.
void require_distinct(std::string_view name, std::int64_t tokens, std::int64_t heads, std::int64_t size,
                      std::int64_t token_stride, std::int64_t head_stride) {
  if (tokens == 0) return;
  const auto apart = [](std::int64_t count, std::int64_t stride, std::int64_t of) {
    return count <= 1 || stride >= of;
  };
  const std::int64_t token = heads > 1 ? heads * head_stride : size;
  const std::int64_t head = tokens > 1 ? tokens * token_stride : size;
  const bool token_major = apart(heads, head_stride, size) && apart(tokens, token_stride, token);
  const bool head_major = apart(tokens, token_stride, size) && apart(heads, head_stride, head);
  if (!token_major && !head_major)
    fail(name, " has strides of " + text(token_stride) + " (tokens) and " + text(head_stride) +
                   " (heads), which lay vectors of " + text(size) + " values over one another");
}

void require_distinct(const HeadsView& view, std::string_view name, Offsets offsets) {
  if (view.sequence_stride == 0)
    return require_distinct(name, view.tokens, view.heads, view.head_dim, view.token_stride,
                            view.head_stride);
  std::int64_t longest = 0;
  for (std::size_t s = 1; s < offsets.size(); ++s) longest = std::max(longest, offsets[s] - offsets[s - 1]);
  require_distinct(name, longest, view.heads, view.head_dim, view.token_stride, view.head_stride);
  if (longest == 0) return;
  const std::int64_t extent =
      (longest - 1) * view.token_stride + (view.heads - 1) * view.head_stride + view.head_dim;
  if (offsets.size() > 2 && view.sequence_stride < extent)
    fail(name, ".sequence_stride is " + text(view.sequence_stride) + "; expected at least the " +
                   text(extent) + " elements of the longest sequence");
}

/// Positions may be added to one another without overflow.
constexpr std::int64_t farthest = std::int64_t{1} << 40;

std::string item(std::string_view name, std::size_t i) {
  return std::string(name) + "[" + std::to_string(i) + "]";
}

void require_position(std::string_view name, std::int64_t position, std::int64_t least,
                      std::optional<std::size_t> i = {}) {
  if (position < least || position > farthest)
    fail((i ? item(name, *i) : std::string(name)) + " is " + text(position) + "; expected " + text(least) +
         " to " + text(farthest));
}

/// Either empty or one for each sequence.
void require_each_sequence(std::string_view name, std::size_t size, std::int64_t sequences) {
  if (size != 0 && size != as_size(sequences))
    fail(name, " has " + std::to_string(size) + " values; expected none or " + text(sequences) +
                   ", one for each sequence");
}

/// Every element that a call may look at must be addressable.
template <class View>
void validate_by_key(std::string_view name, const View& view, const AttentionProblem& p) {
  require_not_negative(name, ".keys", view.keys);
  require_not_negative(name, ".sequence_stride", view.sequence_stride);
  require_not_negative(name, ".head_stride", view.head_stride);
  require_not_negative(name, ".query_stride", view.query_stride);
  require_not_negative(name, ".key_stride", view.key_stride);
  std::int64_t longest = 0;
  for (std::int64_t s = 0; s < p.sequences(); ++s) longest = std::max(longest, p.keys(s));
  require_addressable(name, p.sequences(), view.sequence_stride);
  require_addressable(name, p.q.heads, view.head_stride);
  require_addressable(name, p.q.tokens, view.query_stride);
  require_addressable(name, longest, view.key_stride);
}

void validate_heads(const ProbabilitiesRequest& request, std::size_t number, std::int64_t heads) {
  for (std::size_t i = 0; i < request.heads.size(); ++i) {
    const std::int32_t head = request.heads[i];
    if (head < 0 || head >= heads) fail(request_name(number), ": head " + text(head) + " of " + text(heads));
    if (std::find(request.heads.begin(), request.heads.begin() + static_cast<std::ptrdiff_t>(i), head) !=
        request.heads.begin() + static_cast<std::ptrdiff_t>(i))
      fail(request_name(number), ": head " + text(head) + " is asked for twice");
  }
}

void validate_queries(const ProbabilitiesRequest& request, std::size_t number, std::int64_t queries) {
  for (std::size_t i = 0; i < request.queries.size(); ++i) {
    const std::int64_t query = request.queries[i];
    if (query < 0 || query >= queries)
      fail(request_name(number), ": query " + text(query) + " of " + text(queries));
    if (i > 0 && query <= request.queries[i - 1])
      fail(request_name(number), ": query " + text(query) + " after query " + text(request.queries[i - 1]) +
                                     "; expected ascending queries, each once");
  }
}

template <class SizeOf>
void validate_requests(std::span<const ProbabilitiesRequest> requests, std::int64_t sequences,
                       std::int64_t heads, const SizeOf& size_of) {
  for (std::size_t r = 0; r < requests.size(); ++r) {
    const std::int64_t s = requests[r].sequence;
    if (s < 0 || s >= sequences) fail(request_name(r), ": sequence " + text(s) + " of " + text(sequences));
    if (r > 0 && s <= requests[r - 1].sequence)
      fail(request_name(r), ": sequence " + text(s) + " after sequence " + text(requests[r - 1].sequence) +
                                "; expected ascending sequences, each once");
    validate(requests[r], r, heads, size_of(s));
  }
}

}  // namespace

void validate(const Window& window) {
  require_not_negative("window", ".left", window.left);
  require_not_negative("window", ".right", window.right);
}

void validate(const ProbabilitiesRequest& request, std::size_t number, std::int64_t heads,
              const SequenceSize& size) {
  validate_heads(request, number, heads);
  validate_queries(request, number, size.queries);
  if (request.mean_over_heads && request.point != ScorePoint::probabilities)
    fail(request_name(number), ": a mean over heads is of probabilities only");
  const std::int64_t asked = request.mean_over_heads ? 1
                             : request.heads.empty() ? heads
                                                     : static_cast<std::int64_t>(request.heads.size());
  const std::int64_t queries =
      request.queries.empty() ? size.queries : static_cast<std::int64_t>(request.queries.size());
  const auto map = core::checked_multiply(queries, size.keys);
  const auto room = map ? core::checked_multiply(*map, asked) : map;
  if (!room || request.out.size() < as_size(*room))
    fail(request_name(number), ".out has room for " + std::to_string(request.out.size()) +
                                   " values; expected " + text(asked) + " heads x " + text(queries) +
                                   " queries x " + text(size.keys) + " keys");
}

void validate(std::span<const ProbabilitiesRequest> requests, Offsets offsets, std::int64_t heads) {
  validate_requests(requests, static_cast<std::int64_t>(offsets.size()) - 1, heads, [&](std::int64_t s) {
    const std::int64_t tokens = offsets[as_size(s) + 1] - offsets[as_size(s)];
    return SequenceSize{tokens, tokens};
  });
}

namespace {

void validate_tensors(const AttentionProblem& p) {
  validate(p.k, "k");
  validate(p.v, "v");
  if (p.key_offsets.empty()) require_equal("k.tokens", p.k.tokens, "q.tokens", p.q.tokens);
  require_equal("v.tokens", p.v.tokens, "k.tokens", p.k.tokens);
  require_equal("v.heads", p.v.heads, "k.heads", p.k.heads);
  require_equal("k.head_dim", p.k.head_dim, "q.head_dim", p.q.head_dim);
  require_equal("out.head_dim", p.out.head_dim, "v.head_dim", p.v.head_dim);
}

void validate_key_offsets(const AttentionProblem& p) {
  if (p.key_offsets.empty()) return;
  validate(p.key_offsets, p.k.tokens);
  if (p.key_offsets.size() != p.offsets.size())
    fail("key_offsets have " + std::to_string(p.key_offsets.size()) + " values; expected " +
         std::to_string(p.offsets.size()) + ", as offsets");
}

void validate_cache(const KeyValueCache& c, std::int64_t sequences) {
  const auto at_least_1 = [](std::string_view member, std::int64_t n) {
    if (n < 1) fail("cache", std::string(member) + " is " + text(n) + "; expected 1 or more");
  };
  require_floating("cache", c.type);
  at_least_1(".heads", c.heads);
  at_least_1(".head_dim", c.head_dim);
  at_least_1(".value_dim", c.value_dim);
  at_least_1(".pages_per_sequence", c.pages_per_sequence);
  if (c.page_tokens < 1 || c.page_tokens % kernels::panel_width != 0)
    fail("cache.page_tokens is " + text(c.page_tokens) + "; expected a multiple of 16");
  require_not_negative("cache", ".pages", c.pages);
  const auto addressable = [](std::initializer_list<std::int64_t> sizes) {
    std::optional<std::int64_t> bytes = sizeof(float);
    for (const std::int64_t n : sizes) bytes = bytes ? core::checked_multiply(*bytes, n) : bytes;
    return bytes.has_value();
  };
  for (const std::int64_t dim : {c.head_dim, c.value_dim}) {
    if (!addressable({c.heads, c.page_tokens, dim, c.pages}) ||
        !addressable({c.heads, c.page_tokens, dim, c.pages_per_sequence, sequences}))
      fail("cache", " has pages of " + text(c.heads) + " heads x " + text(c.page_tokens) + " tokens x " +
                        text(dim) + " values, " + text(c.pages_per_sequence) +
                        " for each sequence, more than memory can hold");
  }
}

/// Pages in use by sequences of these lengths must exist.
void validate_pages(const KeyValueCache& c, std::size_t sequence, std::int64_t length) {
  if (length < 0) fail(item("lengths", sequence) + " is " + text(length) + "; expected 0 or more");
  const std::int64_t used = length / c.page_tokens + (length % c.page_tokens != 0 ? 1 : 0);
  if (used > c.pages_per_sequence)
    fail(item("lengths", sequence) + " is " + text(length) + "; expected at most " +
         text(c.pages_per_sequence) + " pages x " + text(c.page_tokens) + " tokens");
  if (used > 0 && (c.keys == nullptr || c.values == nullptr)) fail("cache.keys or cache.values is null");
  for (std::int64_t i = 0; i < used; ++i) {
    const std::size_t slot = sequence * as_size(c.pages_per_sequence) + as_size(i);
    if (!c.page_table.empty() && slot >= c.page_table.size())
      fail("cache.page_table has " + std::to_string(c.page_table.size()) + " entries; expected more than " +
           std::to_string(slot) + " for sequence " + std::to_string(sequence));
    const std::int64_t page = c.page_table.empty() ? static_cast<std::int64_t>(slot) : c.page_table[slot];
    if (page < 0 || page >= c.pages)
      fail(item("cache.page_table", slot) + " is page " + text(page) + " of " + text(c.pages));
  }
}

void validate_cache(const AttentionProblem& p) {
  const KeyValueCache& c = *p.cache;
  validate_cache(c, p.sequences());
  require_equal("cache.head_dim", c.head_dim, "q.head_dim", p.q.head_dim);
  require_equal("out.head_dim", p.out.head_dim, "cache.value_dim", c.value_dim);
  require_equal("the number of lengths", static_cast<std::int64_t>(p.lengths.size()),
                "the number of sequences in offsets", p.sequences());
  for (std::size_t s = 0; s < p.lengths.size(); ++s) validate_pages(c, s, p.lengths[s]);
}

void validate_positions(const AttentionProblem& p) {
  const AttentionOptions& o = p.options;
  require_each_sequence("first_query_positions", o.first_query_positions.size(), p.sequences());
  require_each_sequence("first_key_positions", o.first_key_positions.size(), p.sequences());
  for (std::size_t s = 0; s < o.first_query_positions.size(); ++s)
    require_position("first_query_positions", o.first_query_positions[s], -farthest, s);
  for (std::size_t s = 0; s < o.first_key_positions.size(); ++s) {
    require_position("first_key_positions", o.first_key_positions[s], 0, s);
    if (o.first_key_positions[s] % kernels::panel_width != 0)
      fail(item("first_key_positions", s) + " is " + text(o.first_key_positions[s]) +
           "; expected a multiple of 16");
  }
}

void validate_key_counts(const AttentionProblem& p) {
  const std::span<const std::int64_t> counts = p.options.key_counts;
  require_each_sequence("key_counts", counts.size(), p.sequences());
  AttentionProblem all = p;
  all.options.key_counts = {};
  for (std::size_t s = 0; s < counts.size(); ++s) {
    const std::int64_t keys = all.keys(static_cast<std::int64_t>(s));
    if (counts[s] < 0 || counts[s] > keys)
      fail(item("key_counts", s) + " is " + text(counts[s]) + "; expected 0 to " + text(keys) +
           ", the keys of the sequence");
  }
}

void validate_rules(const AttentionProblem& p) {
  const AttentionOptions& o = p.options;
  // Scores are multiplied by its reciprocal.
  constexpr float least = 1.0f / std::numeric_limits<float>::max();
  if (o.softcap != 0.0f && !(o.softcap > least && o.softcap <= std::numeric_limits<float>::max()))
    fail("softcap is " + std::to_string(o.softcap) +
         "; expected 0 (none) or a finite positive number above 1e-38");
  if (o.mask.data != nullptr) validate_by_key("mask", o.mask, p);
  if (o.bias.data != nullptr) {
    validate_by_key("bias", o.bias, p);
    require_floating("bias", o.bias.type);
  }
  if (o.distance_bias.data != nullptr) {
    if (o.distance_bias.count < 1)
      fail("distance_bias.count is " + text(o.distance_bias.count) + "; expected 1 or more");
    require_position("distance_bias.count", o.distance_bias.count, 1);
    require_position("distance_bias.first_distance", o.distance_bias.first_distance, -farthest);
    require_not_negative("distance_bias", ".head_stride", o.distance_bias.head_stride);
    require_addressable("distance_bias", p.q.heads, o.distance_bias.head_stride);
  }
  if (!o.sinks.empty())
    require_equal("the number of sinks", static_cast<std::int64_t>(o.sinks.size()), "q.heads", p.q.heads);
}

void validate_log_sum_exp(const HeadsView& view, std::int64_t tokens, std::int64_t heads, Offsets offsets) {
  if (view.data == nullptr) return;
  validate(view, "log_sum_exp");
  require_equal("log_sum_exp.tokens", view.tokens, "q.tokens", tokens);
  require_equal("log_sum_exp.heads", view.heads, "q.heads", heads);
  require_equal("log_sum_exp.head_dim", view.head_dim, "one value a row", 1);
  require_distinct(view, "log_sum_exp", offsets);
}

void validate_top_keys(const AttentionProblem& p) {
  const TopKeys& top = p.options.top_keys;
  require_not_negative("top_keys", ".k", top.k);
  if (top.k == 0) return;
  for (std::int64_t s = 0; s < p.sequences(); ++s) {
    if (p.queries(s) > 0 && top.k > p.keys(s))
      fail("top_keys.k is " + text(top.k) + "; sequence " + text(s) + " has " + text(p.keys(s)) + " keys");
  }
  if (p.q.tokens == 0) return;
  if (top.keys == nullptr || top.probabilities == nullptr) fail("top_keys.keys or .probabilities is null");
  require_not_negative("top_keys", ".token_stride", top.token_stride);
  require_not_negative("top_keys", ".head_stride", top.head_stride);
  require_addressable("top_keys", p.q.tokens, top.token_stride);
  require_addressable("top_keys", p.q.heads, top.head_stride);
  require_distinct("top_keys", p.q.tokens, p.q.heads, top.k, top.token_stride, top.head_stride);
}

void validate_states(const AttentionProblem& p) {
  const StatesView& states = p.options.states;
  if (states.data == nullptr) return;
  for (std::int64_t s = 0; s < p.sequences(); ++s) {
    const std::int64_t blocks = kernels::key_blocks(p.keys(s), p.key_position(s));
    if (states.blocks < blocks)
      fail("states.blocks is " + text(states.blocks) + "; sequence " + text(s) + " has " + text(blocks));
  }
}

}  // namespace

void validate(const AttentionProblem& p) {
  validate(p.q, "q");
  validate(p.out, "out");
  if (p.cache == nullptr) validate_tensors(p);
  require_equal("out.tokens", p.out.tokens, "q.tokens", p.q.tokens);
  require_equal("out.heads", p.out.heads, "q.heads", p.q.heads);
  validate(p.offsets, p.q.tokens);
  if (p.cache != nullptr) {
    validate_cache(p);
  } else {
    validate_key_offsets(p);
  }
  if (p.q.heads % p.key_heads() != 0)
    fail("q.heads is " + text(p.q.heads) + "; expected a multiple of k.heads = " + text(p.key_heads()));
  for (const ConstHeadsView& view :
       {p.q, p.k, p.v, ConstHeadsView(p.out), ConstHeadsView(p.options.log_sum_exp)})
    require_addressable("a view's sequence_stride", p.sequences(), view.sequence_stride);
  require_distinct(p.out, "out", p.offsets);
  validate(p.options.window);
  validate_key_counts(p);
  validate_positions(p);
  validate_rules(p);
  validate_log_sum_exp(p.options.log_sum_exp, p.q.tokens, p.q.heads, p.offsets);
  validate_top_keys(p);
  validate_states(p);
  validate_requests(p.options.probabilities, p.sequences(), p.q.heads, [&](std::int64_t s) {
    return SequenceSize{p.queries(s), p.keys(s)};
  });
}

void validate_append(const KeyValueCache& cache, std::span<const std::int64_t> lengths,
                     const ConstHeadsView& k, const ConstHeadsView& v, Offsets offsets) {
  validate_cache(cache, static_cast<std::int64_t>(lengths.size()));
  validate(k, "k");
  validate(v, "v");
  require_equal("v.tokens", v.tokens, "k.tokens", k.tokens);
  require_equal("k.heads", k.heads, "cache.heads", cache.heads);
  require_equal("v.heads", v.heads, "cache.heads", cache.heads);
  require_equal("k.head_dim", k.head_dim, "cache.head_dim", cache.head_dim);
  require_equal("v.head_dim", v.head_dim, "cache.value_dim", cache.value_dim);
  validate(offsets, k.tokens);
  require_equal("the number of lengths", static_cast<std::int64_t>(lengths.size()),
                "the number of sequences in offsets", static_cast<std::int64_t>(offsets.size()) - 1);
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    require_position("lengths", lengths[s], 0, s);
    validate_pages(cache, s, lengths[s] + offsets[s + 1] - offsets[s]);
  }
}

namespace {

/// Merging goes by tokens and knows no sequences.
void require_no_sequences(std::string_view name, const ConstHeadsView& view) {
  if (view.sequence_stride != 0)
    fail(name, ".sequence_stride is " + text(view.sequence_stride) + "; expected 0");
}

}  // namespace

void validate_merge(std::span<const StatesView> parts, const HeadsView& out, std::span<const float> sinks,
                    const HeadsView& log_sum_exp) {
  validate(out, "out");
  require_no_sequences("out", out);
  require_no_sequences("log_sum_exp", log_sum_exp);
  const std::int64_t offsets[] = {0, out.tokens};
  require_distinct(out, "out", offsets);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (parts[p].blocks < 0) fail(item("parts", p) + ".blocks is " + text(parts[p].blocks));
    if (parts[p].data == nullptr && parts[p].blocks > 0 && out.tokens > 0)
      fail(item("parts", p) + ".data is null");
  }
  if (!sinks.empty())
    require_equal("the number of sinks", static_cast<std::int64_t>(sinks.size()), "out.heads", out.heads);
  validate_log_sum_exp(log_sum_exp, out.tokens, out.heads, offsets);
}

void validate_merge(const PartialResult& first, const PartialResult& second, const HeadsView& out,
                    const HeadsView& log_sum_exp) {
  validate(out, "out");
  require_no_sequences("out", out);
  require_no_sequences("log_sum_exp", log_sum_exp);
  const std::int64_t offsets[] = {0, out.tokens};
  require_distinct(out, "out", offsets);
  validate_log_sum_exp(log_sum_exp, out.tokens, out.heads, offsets);
  const auto check = [&](const ConstHeadsView& view, std::string_view name, std::int64_t head_dim) {
    const auto require = [&](std::string_view member, std::int64_t got, std::int64_t expected) {
      if (got != expected)
        fail(name, std::string(member) + " is " + text(got) + "; expected " + text(expected));
    };
    validate(view, name);
    require_no_sequences(name, view);
    require(".tokens", view.tokens, out.tokens);
    require(".heads", view.heads, out.heads);
    require(".head_dim", view.head_dim, head_dim);
    if (view.type != StorageType::f32) fail(name, " is not f32");
  };
  check(first.out, "first.out", out.head_dim);
  check(second.out, "second.out", out.head_dim);
  check(first.log_sum_exp, "first.log_sum_exp", 1);
  check(second.log_sum_exp, "second.log_sum_exp", 1);
  if (log_sum_exp.data != nullptr && log_sum_exp.type != StorageType::f32) fail("log_sum_exp is not f32");
  if (out.type != StorageType::f32) fail("out is not f32");
}

}  // namespace saccade::ops
