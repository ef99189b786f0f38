#include <bitset>
#include <initializer_list>
#include <optional>
#include <string>

#include "core/as_size.hpp"
#include "core/checked.hpp"
#include "core/require.hpp"
#include "ops/attention/validate.hpp"

namespace saccade::ops {
namespace {

/// Slots of the page table.
struct Slots {
  std::size_t begin, end;
};

/// Those of the pages that a sequence's new tokens go to.
Slots written(const KeyValueCache& c, std::span<const std::int64_t> lengths, Offsets offsets,
              std::size_t sequence) {
  const std::int64_t length = lengths[sequence], count = offsets[sequence + 1] - offsets[sequence];
  const std::size_t first = sequence * core::as_size(c.pages_per_sequence);
  if (count == 0) return {first, first};
  return {first + core::as_size(length / c.page_tokens),
          first + core::as_size((length + count - 1) / c.page_tokens + 1)};
}

/// Sequences are written at once. A page whose bit is not set is new; only one whose bit is set is looked
/// for, so that caches of up to 2^17 pages cost one look a page and none costs memory that grows. A sequence
/// may come back to a page of its own.
void require_own_pages(const KeyValueCache& c, std::span<const std::int64_t> lengths, Offsets offsets) {
  std::bitset<std::size_t{1} << 17> seen;  // by the last bits of a page
  const auto bit = [&](std::size_t slot) { return core::as_size(c.page_table[slot]) % seen.size(); };
  const auto look_for = [&](std::size_t slot, std::size_t sequence) {
    for (std::size_t s = 0; s < sequence; ++s) {
      const Slots other = written(c, lengths, offsets, s);
      for (std::size_t i = other.begin; i < other.end; ++i)
        if (c.page_table[i] == c.page_table[slot])
          core::fail("sequences " + std::to_string(s) + " and " + std::to_string(sequence) +
                     " would both write to page " + core::to_text(c.page_table[slot]) +
                     ", cache.page_table[" + std::to_string(i) + "] and [" + std::to_string(slot) + "]");
    }
  };
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    const Slots own = written(c, lengths, offsets, s);
    for (std::size_t i = own.begin; i < own.end; ++i)
      if (seen[bit(i)]) look_for(i, s);
    for (std::size_t i = own.begin; i < own.end; ++i) seen.set(bit(i));
  }
}

}  // namespace

void validate(const KeyValueCache& c, std::int64_t sequences) {
  const auto at_least_1 = [](std::string_view member, std::int64_t n) {
    if (n < 1) core::fail("cache", std::string(member) + " is " + core::to_text(n) + "; expected 1 or more");
  };
  core::require_floating("cache", c.type);
  at_least_1(".heads", c.heads);
  at_least_1(".head_dim", c.head_dim);
  at_least_1(".value_dim", c.value_dim);
  at_least_1(".pages_per_sequence", c.pages_per_sequence);
  if (c.page_tokens < 1 || c.page_tokens % kernels::panel_width != 0)
    core::fail("cache.page_tokens is " + core::to_text(c.page_tokens) + "; expected a multiple of 16");
  core::require_not_negative("cache", ".pages", c.pages);
  const auto addressable = [](std::initializer_list<std::int64_t> sizes) {
    std::optional<std::int64_t> bytes = sizeof(float);
    for (const std::int64_t n : sizes) bytes = bytes ? core::checked_multiply(*bytes, n) : bytes;
    return bytes.has_value();
  };
  for (const std::int64_t dim : {c.head_dim, c.value_dim}) {
    if (!addressable({c.heads, c.page_tokens, dim, c.pages}) ||
        !addressable({c.heads, c.page_tokens, dim, c.pages_per_sequence, sequences}))
      core::fail("cache", " has pages of " + core::to_text(c.heads) + " heads x " +
                              core::to_text(c.page_tokens) + " tokens x " + core::to_text(dim) + " values, " +
                              core::to_text(c.pages_per_sequence) +
                              " for each sequence, more than memory can hold");
  }
}

void validate_pages(const KeyValueCache& c, std::size_t sequence, std::int64_t length) {
  if (length < 0)
    core::fail(core::item("lengths", sequence) + " is " + core::to_text(length) + "; expected 0 or more");
  const std::int64_t used = length / c.page_tokens + (length % c.page_tokens != 0 ? 1 : 0);
  if (used > c.pages_per_sequence)
    core::fail(core::item("lengths", sequence) + " is " + core::to_text(length) + "; expected at most " +
               core::to_text(c.pages_per_sequence) + " pages x " + core::to_text(c.page_tokens) + " tokens");
  if (used > 0 && (c.keys == nullptr || c.values == nullptr))
    core::fail("cache.keys or cache.values is null");
  for (std::int64_t i = 0; i < used; ++i) {
    const std::size_t slot = sequence * core::as_size(c.pages_per_sequence) + core::as_size(i);
    if (!c.page_table.empty() && slot >= c.page_table.size())
      core::fail("cache.page_table has " + std::to_string(c.page_table.size()) +
                 " entries; expected more than " + std::to_string(slot) + " for sequence " +
                 std::to_string(sequence));
    const std::int64_t page = c.page_table.empty() ? static_cast<std::int64_t>(slot) : c.page_table[slot];
    if (page < 0 || page >= c.pages)
      core::fail(core::item("cache.page_table", slot) + " is page " + core::to_text(page) + " of " +
                 core::to_text(c.pages));
  }
}

void validate_append(const KeyValueCache& cache, std::span<const std::int64_t> lengths,
                     const ConstHeadsView& k, const ConstHeadsView& v, Offsets offsets) {
  validate(cache, static_cast<std::int64_t>(lengths.size()));
  validate(k, "k");
  validate(v, "v");
  core::require_equal("v.tokens", v.tokens, "k.tokens", k.tokens);
  core::require_equal("k.heads", k.heads, "cache.heads", cache.heads);
  core::require_equal("v.heads", v.heads, "cache.heads", cache.heads);
  core::require_equal("k.head_dim", k.head_dim, "cache.head_dim", cache.head_dim);
  core::require_equal("v.head_dim", v.head_dim, "cache.value_dim", cache.value_dim);
  validate(offsets, k.tokens);
  core::require_equal("the number of lengths", static_cast<std::int64_t>(lengths.size()),
                      "the number of sequences in offsets", static_cast<std::int64_t>(offsets.size()) - 1);
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    core::require_position("lengths", lengths[s], 0, s);
    validate_pages(cache, s, lengths[s] + offsets[s + 1] - offsets[s]);
  }
  if (!cache.page_table.empty()) require_own_pages(cache, lengths, offsets);
}

}  // namespace saccade::ops
