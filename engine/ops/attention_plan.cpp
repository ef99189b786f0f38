#include "ops/attention_plan.hpp"

#include <algorithm>
#include <cmath>

#include "core/as_size.hpp"

namespace saccade::ops {
namespace {

using core::as_size;
using kernels::blocks_of;
using kernels::key_block;
using kernels::panel_width;
using kernels::row_block;

/// Keys that are packed at once: 32 MiB, far more than the threads need to stay busy between two waves, and
/// little beside the caches and tensors of a machine that runs such batches.
constexpr std::int64_t wave_values = (std::int64_t{32} << 20) / static_cast<std::int64_t>(sizeof(float));

}  // namespace

AttentionPlan::Extent AttentionPlan::extent() const noexcept {
  Extent e;
  std::int64_t longest_shared = 0, all_shared = 0;
  for (std::int64_t s = 0; s < problem_.sequences(); ++s) {
    const std::int64_t keys = problem_.keys(s);
    e.longest = std::max(e.longest, keys);
    if (shared(s)) {
      longest_shared = std::max(longest_shared, keys);
      all_shared += shared_values(keys) * problem_.q.heads;
    } else {
      e.longest_own = std::max(e.longest_own, keys);
    }
  }
  e.shared_values = std::min(all_shared, std::max(wave_values, shared_values(longest_shared)));
  e.shared_blocks =
      e.shared_values / (panel_width * problem_.k.head_dim);  // a key block has at least one panel
  return e;
}

void AttentionPlan::lay_out(scheduler::Carver& carver) noexcept {
  const Extent e = extent();
  places_ = carver.take<Place>(as_size(problem_.sequences() + 1));
  request_of_sequence_ = carver.take<std::int64_t>(as_size(problem_.sequences()));
  shared_panels_ = carver.take<float>(as_size(e.shared_values));
  shared_finite_ = carver.take<std::uint8_t>(as_size(e.shared_blocks));
  Slot* const slots = carver.take<Slot>(as_size(threads_));
  for (int i = 0; i < threads_; ++i) {
    const Slot slot = {carver.take<float>(as_size(kernels::attention_scratch(
                           problem_.k.head_dim, problem_.v.head_dim, std::max<std::int64_t>(e.longest, 1)))),
                       carver.take<float>(as_size(key_panels(e.longest_own))),
                       carver.take<std::uint8_t>(as_size(blocks_of(e.longest_own, key_block)))};
    if (slots != nullptr) slots[i] = slot;
  }
  slots_ = slots;
}

void AttentionPlan::prepare() noexcept {
  const std::int64_t sequences = problem_.sequences();
  for (std::int64_t s = 0; s < sequences; ++s) places_[s].sequence = s;
  std::sort(places_, places_ + sequences, [this](const Place& a, const Place& b) {
    const std::int64_t more = problem_.keys(a.sequence), less = problem_.keys(b.sequence);
    return more != less ? more > less : a.sequence < b.sequence;
  });
  places_[sequences].sequence = sequences;
  Place before = {0, 0, 0, 0};
  for (std::int64_t p = 0; p <= sequences; ++p) {
    before.sequence = places_[p].sequence;
    places_[p] = before;
    if (p == sequences) break;
    const std::int64_t s = before.sequence;
    before.blocks_before += blocks_of(problem_.rows(s), row_block);
    if (!shared(s)) continue;
    before.packs_before += blocks_of(problem_.keys(s), key_block);
    before.values_before += shared_values(problem_.keys(s));
  }
  std::fill_n(request_of_sequence_, sequences, -1);
  for (std::size_t r = 0; r < problem_.probabilities.size(); ++r)
    request_of_sequence_[problem_.probabilities[r].sequence - problem_.first_sequence] =
        static_cast<std::int64_t>(r);
}

Wave AttentionPlan::next_wave(const Wave& wave) const noexcept {
  const std::int64_t sequences = problem_.sequences(), heads = problem_.q.heads;
  std::int64_t first = wave.last, first_head = 0;
  if (wave.last_head < heads) {  // the rest of one long sequence
    first = wave.first;
    first_head = wave.last_head;
  }
  if (first >= sequences) return {sequences, sequences, 0, heads};
  const std::int64_t one =
      shared(places_[first].sequence) ? shared_values(problem_.keys(places_[first].sequence)) : 0;
  if (first_head > 0 || one * heads > wave_values) {
    const std::int64_t fit = std::max<std::int64_t>(1, wave_values / one);
    return {first, first + 1, first_head, std::min(heads, first_head + fit)};
  }
  std::int64_t last = first + 1;
  while (last < sequences &&
         (places_[last + 1].values_before - places_[first].values_before) * heads <= wave_values)
    ++last;
  return {first, last, 0, heads};
}

std::size_t AttentionPlan::packs(const Wave& wave) const noexcept {
  return as_size((places_[wave.last].packs_before - places_[wave.first].packs_before) *
                 (wave.last_head - wave.first_head));
}

std::size_t AttentionPlan::row_blocks(const Wave& wave) const noexcept {
  return as_size((places_[wave.last].blocks_before - places_[wave.first].blocks_before) *
                 (wave.last_head - wave.first_head));
}

/// Within a wave, numbers go through the sequences, in each through the heads, in each through its `before`
/// units.
AttentionPlan::Unit AttentionPlan::unit(const Wave& wave, std::size_t index,
                                        std::int64_t Place::*before) const noexcept {
  const std::int64_t heads = wave.last_head - wave.first_head;
  const std::int64_t origin = places_[wave.first].*before;
  const Place* const place =
      std::upper_bound(places_ + wave.first, places_ + wave.last, static_cast<std::int64_t>(index),
                       [&](std::int64_t i, const Place& p) { return i < (p.*before - origin) * heads; }) -
      1;
  const std::int64_t rest = static_cast<std::int64_t>(index) - (place->*before - origin) * heads;
  const std::int64_t units = place[1].*before - place->*before;
  return {place - places_, wave.first_head + rest / units, rest % units, units};
}

AttentionPlan::PackedKeys AttentionPlan::shared_keys(const Wave& wave, std::int64_t place,
                                                     std::int64_t head) const noexcept {
  const Place& first = places_[wave.first];
  const Place& here = places_[place];
  const std::int64_t heads = wave.last_head - wave.first_head, h = head - wave.first_head;
  const std::int64_t keys = problem_.keys(here.sequence);
  float* const panels =
      shared_panels_ + (here.values_before - first.values_before) * heads + shared_values(keys) * h;
  return {panels,
          shared_finite_ + (here.packs_before - first.packs_before) * heads + blocks_of(keys, key_block) * h,
          copies_values() ? panels + key_panels(keys) : nullptr};
}

void AttentionPlan::pack(const kernels::KernelTable& kernels, const Wave& wave,
                         std::size_t index) const noexcept {
  const Unit u = unit(wave, index, &Place::packs_before);
  const std::int64_t sequence = places_[u.place].sequence, key = u.index * key_block;
  const PackedKeys all = shared_keys(wave, u.place, u.head);
  pack_keys(kernels, sequence, u.head, {key, std::min(key_block, problem_.keys(sequence) - key)},
            {all.panels + key * problem_.k.head_dim, all.finite + u.index,
             all.values == nullptr ? nullptr : all.values + key * value_stride()});
}

void AttentionPlan::pack_keys(const kernels::KernelTable& kernels, std::int64_t sequence, std::int64_t head,
                              Keys keys, const PackedKeys& to) const noexcept {
  const std::int64_t token = problem_.first_key(sequence) + keys.first;
  kernels.pack_panels(
      {.source = problem_.k.data + token * problem_.k.token_stride + head * problem_.k.head_stride,
       .transposed = false,
       .source_stride = problem_.k.token_stride,
       .columns = keys.count,
       .depth = problem_.k.head_dim,
       .panels = to.panels});
  kernels.pack_values(
      {.values = problem_.v.data + token * problem_.v.token_stride + head * problem_.v.head_stride,
       .stride = problem_.v.token_stride,
       .rows = keys.count,
       .width = problem_.v.head_dim,
       .finite = to.finite,
       .packed = to.values,
       .packed_stride = value_stride()});
}

void AttentionPlan::run(const kernels::KernelTable& kernels, const Wave& wave, std::size_t index,
                        int slot) const noexcept {
  const Unit u = unit(wave, index, &Place::blocks_before);
  const std::int64_t sequence = places_[u.place].sequence;
  const std::int64_t row = (u.count - 1 - u.index) * row_block;
  const RowBlock block = {sequence, u.head, row, std::min(row_block, problem_.rows(sequence) - row)};
  const Slot& own = slots_[slot];
  PackedKeys keys = {own.panels, own.finite, nullptr};
  if (shared(sequence)) {
    keys = shared_keys(wave, u.place, u.head);
  } else {
    pack_keys(kernels, sequence, u.head, {0, problem_.keys(sequence)}, keys);
  }
  run_rows(kernels, block, keys, own.scratch);
}

float* AttentionPlan::probabilities(const RowBlock& block) const noexcept {
  if (request_of_sequence_[block.sequence] < 0) return nullptr;
  const ProbabilitiesRequest& request = problem_.probabilities[as_size(request_of_sequence_[block.sequence])];
  std::int64_t place = block.head;
  if (!request.heads.empty()) {
    const auto found = std::find(request.heads.begin(), request.heads.end(), block.head);
    if (found == request.heads.end()) return nullptr;
    place = found - request.heads.begin();
  }
  return request.out.data() +
         (place * problem_.rows(block.sequence) + block.row) * problem_.keys(block.sequence);
}

void AttentionPlan::run_rows(const kernels::KernelTable& kernels, const RowBlock& block,
                             const PackedKeys& keys, float* scratch) const noexcept {
  const std::int64_t query = problem_.first_row(block.sequence) + block.row,
                     key = problem_.first_key(block.sequence);
  // Here and not at the door, where the host may have set another rounding.
  const float usual_scale = 1.0f / std::sqrt(static_cast<float>(problem_.k.head_dim));
  const bool copied = keys.values != nullptr;
  kernels::AttentionBlock a = {
      .q = problem_.q.data + query * problem_.q.token_stride + block.head * problem_.q.head_stride,
      .q_stride = problem_.q.token_stride,
      .rows = block.rows,
      .key_panels = keys.panels,
      .finite = keys.finite,
      .v = copied ? keys.values
                  : problem_.v.data + key * problem_.v.token_stride + block.head * problem_.v.head_stride,
      .v_stride = copied ? value_stride() : problem_.v.token_stride,
      .keys = problem_.keys(block.sequence),
      .head_dim = problem_.k.head_dim,
      .value_dim = problem_.v.head_dim,
      .scale = problem_.scale.value_or(usual_scale),
      .first_position = block.row,
      .left = problem_.window.left,
      .right = problem_.window.right,
      .out = problem_.out.data + query * problem_.out.token_stride + block.head * problem_.out.head_stride,
      .out_stride = problem_.out.token_stride,
      .probabilities = probabilities(block),
      .probabilities_stride = problem_.keys(block.sequence),
      .scratch = scratch};
  if (problem_.positions.empty()) return kernels.attention_block(a);
  a.rows = 1;
  for (std::int64_t i = 0; i < block.rows; ++i) {
    a.first_position = problem_.positions[as_size(block.row + i)];
    kernels.attention_block(a);
    a.q += a.q_stride;
    a.out += a.out_stride;
    if (a.probabilities != nullptr) a.probabilities += a.probabilities_stride;
  }
}

}  // namespace saccade::ops
