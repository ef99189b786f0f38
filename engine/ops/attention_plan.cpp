#include "ops/attention_plan.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>
#include <utility>

#include "core/as_size.hpp"

namespace saccade::ops {
namespace {

using core::as_size;
using kernels::blocks_of;
using kernels::key_block;
using kernels::panel_width;
using kernels::row_block;
using kernels::StridedRows;

/// Keys that are packed at once: 32 MiB, far more than the threads need to stay busy between two waves, and
/// little beside the caches and tensors of a machine that runs such batches.
constexpr std::int64_t wave_values = (std::int64_t{32} << 20) / static_cast<std::int64_t>(sizeof(float));

}  // namespace

AttentionPlan::Extent AttentionPlan::extent() const noexcept {
  Extent e;
  std::int64_t largest = 0, all = 0;
  for (std::int64_t s = 0; s < problem_.sequences(); ++s) {
    const std::int64_t keys = problem_.keys(s);
    e.longest = std::max(e.longest, keys);
    if (small(s)) {
      e.longest_whole = std::max(e.longest_whole, keys);
      if (copies_values(s)) e.longest_copied = std::max(e.longest_copied, keys);
    }
    if (all_whole(s)) continue;
    largest = std::max(largest, shared_values(s));
    all += shared_values(s) * problem_.q.heads;
  }
  e.shared_values = std::min(all, std::max(wave_values, largest));
  e.shared_blocks =
      e.shared_values / (panel_width * problem_.k.head_dim);  // a key block has at least one panel
  return e;
}

void AttentionPlan::lay_out(scheduler::Carver& carver) noexcept {
  const Extent e = extent();
  places_ = carver.take<Place>(as_size(problem_.sequences() + 1));
  request_of_sequence_ = carver.take<std::int64_t>(as_size(problem_.sequences()));
  shared_values_ = carver.take<float>(as_size(e.shared_values));
  shared_finite_ = carver.take<std::uint8_t>(as_size(e.shared_blocks));
  packed_ = carver.take<std::atomic<bool>>(as_size(e.shared_blocks));
  slots_ = carver.take<Slot>(as_size(threads_));
  for (int i = 0; i < threads_; ++i) {
    const Slot slot = {
        carver.take<float>(as_size(kernels::attention_scratch(problem_.k.head_dim, problem_.v.head_dim,
                                                              std::max<std::int64_t>(e.longest, 1)))),
        {carver.take<float>(as_size(key_panels(e.longest_whole))), carver.take<std::uint8_t>(1),
         carver.take<float>(as_size(e.longest_copied * value_stride()))}};
    if (slots_ != nullptr) slots_[i] = slot;
  }
}

void AttentionPlan::prepare() noexcept {
  const std::int64_t sequences = problem_.sequences();
  for (std::int64_t s = 0; s < sequences; ++s) places_[s].sequence = s;
  std::sort(places_, places_ + sequences, [this](const Place& a, const Place& b) {
    const std::int64_t more = problem_.keys(a.sequence), less = problem_.keys(b.sequence);
    return more != less ? more > less : a.sequence < b.sequence;
  });
  choose_whole_heads();
  places_[0].before = {0, 0, 0};
  for (std::int64_t p = 0; p < sequences; ++p) places_[p + 1].before = before({p, problem_.q.heads});
  std::fill_n(request_of_sequence_, sequences, -1);
  for (std::size_t r = 0; r < problem_.probabilities.size(); ++r)
    request_of_sequence_[problem_.probabilities[r].sequence - problem_.first_sequence] =
        static_cast<std::int64_t>(r);
  wave_ = {{0, 0}, {0, 0}};
}

/// A head is whole as long as the work behind it lasts all threads for longer than it takes one.
void AttentionPlan::choose_whole_heads() noexcept {
  const std::int64_t heads = problem_.q.heads;
  double behind = 0;  // scores of the heads after this place
  for (std::int64_t p = problem_.sequences() - 1; p >= 0; --p) {
    Place& place = places_[p];
    const std::int64_t s = place.sequence;
    const double head = 1.0 + static_cast<double>(problem_.keys(s)) * static_cast<double>(problem_.rows(s));
    place.whole_heads = 0;
    if (all_whole(s)) {
      place.whole_heads = heads;
    } else if (small(s)) {
      const double missing = std::ceil(threads_ - behind / head);  // heads that must follow in this place
      place.whole_heads = std::clamp<std::int64_t>(heads - static_cast<std::int64_t>(missing), 0, heads);
    }
    behind += head * static_cast<double>(heads);
  }
}

AttentionPlan::Before AttentionPlan::before(HeadPlace at) const noexcept {
  const Place& place = places_[at.place];
  Before sum = place.before;
  if (at.head == 0) return sum;
  const std::int64_t split = std::max<std::int64_t>(0, at.head - place.whole_heads);
  sum.tasks += at.head - split + split * row_blocks(place.sequence);
  sum.packs += split * key_blocks(place.sequence);
  sum.values += split * shared_values(place.sequence);
  return sum;
}

/// As many heads as fit, but at least one.
bool AttentionPlan::next_wave() noexcept {
  const std::int64_t sequences = problem_.sequences(), heads = problem_.q.heads;
  const HeadPlace begin = wave_.end;
  if (begin.place == sequences) return false;
  const std::int64_t most = before(begin).values + wave_values;
  HeadPlace end = begin;
  while (end.place < sequences && before({end.place + 1, 0}).values <= most) end = {end.place + 1, 0};
  if (end.place < sequences) {
    while (before({end.place, end.head + 1}).values <= most) ++end.head;
    if (end == begin) ++end.head;
    if (end.head == heads) end = {end.place + 1, 0};
  }
  wave_ = {begin, end};
  next_pack_ = before(begin).packs;
  const std::int64_t packs = before(end).packs - before(begin).packs;
  for (std::int64_t i = 0; i < packs; ++i) std::construct_at(packed_ + i, false);
  return true;
}

std::size_t AttentionPlan::tasks() const noexcept {
  return as_size(before(wave_.end).tasks - before(wave_.begin).tasks);
}

/// Numbers go through the places, in each through the heads.
AttentionPlan::Unit AttentionPlan::unit(std::int64_t number, std::int64_t Before::*kind) const noexcept {
  const Place* const after =
      std::upper_bound(places_ + wave_.begin.place, places_ + problem_.sequences(), number,
                       [kind](std::int64_t n, const Place& p) { return n < p.before.*kind; });
  const Place& place = after[-1];
  const HeadPlace first = {after - 1 - places_, place.whole_heads};  // split head
  const std::int64_t rest = number - before(first).*kind;
  if (rest < 0) return {{first.place, number - place.before.*kind}, 0};
  const std::int64_t units = before({first.place, first.head + 1}).*kind - before(first).*kind;
  return {{first.place, first.head + rest / units}, rest % units};
}

AttentionPlan::PackedKeys AttentionPlan::shared_keys(HeadPlace head) const noexcept {
  const Before here = before(head), origin = before(wave_.begin);
  const std::int64_t sequence = places_[head.place].sequence;
  float* const panels = shared_values_ + (here.values - origin.values);
  return {panels, shared_finite_ + (here.packs - origin.packs),
          copies_values(sequence) ? panels + key_panels(problem_.keys(sequence)) : nullptr};
}

void AttentionPlan::run(const kernels::KernelTable& kernels, std::size_t task, int slot) noexcept {
  const std::int64_t number = before(wave_.begin).tasks + static_cast<std::int64_t>(task);
  const Unit u = unit(number, &Before::tasks);
  // Threads take tasks in turn, so this one's next is about as many further as there are threads.
  const bool last = number + threads_ >= before(wave_.end).tasks;
  const Unit next = last ? u : unit(number + threads_, &Before::tasks);
  const Place& place = places_[u.of.place];
  if (u.of.head < place.whole_heads) return run_head(kernels, u.of, next.of, slots_[slot]);
  pack_until_ready(kernels, u.of);
  run_row_block(kernels, row_block_of(u), shared_keys(u.of), slots_[slot].scratch,
                {query_rows(row_block_of(next)), {}, {}});
}

/// Meanwhile asks for what the next task reads first: a head's rows lie apart, and come slowly.
void AttentionPlan::run_head(const kernels::KernelTable& kernels, HeadPlace head, HeadPlace next,
                             const Slot& slot) const noexcept {
  const std::int64_t sequence = places_[head.place].sequence, blocks = row_blocks(sequence);
  PackedKeys keys = slot.keys;
  if (!copies_values(sequence)) keys.values = nullptr;
  pack_keys(kernels, sequence, head.head, {0, problem_.keys(sequence)}, keys);
  const std::int64_t next_sequence = places_[next.place].sequence;
  const std::int64_t next_keys = std::min(problem_.keys(next_sequence), key_block);
  for (std::int64_t i = 0; i < blocks; ++i) {
    const Keys share = {next_keys * i / blocks, next_keys * (i + 1) / blocks - next_keys * i / blocks};
    const RowBlock next_block = i + 1 < blocks ? row_block_of({head, i + 1}) : row_block_of({next, 0});
    run_row_block(kernels, row_block_of({head, i}), keys, slot.scratch,
                  {query_rows(next_block), key_rows(problem_.k, next_sequence, next.head, share),
                   key_rows(problem_.v, next_sequence, next.head, share)});
  }
}

/// The last rows first.
RowBlock AttentionPlan::row_block_of(const Unit& unit) const noexcept {
  const std::int64_t sequence = places_[unit.of.place].sequence;
  return {sequence, unit.of.head, row_blocks(sequence) - 1 - unit.index};
}

StridedRows AttentionPlan::query_rows(const RowBlock& block) const noexcept {
  const std::int64_t row = block.number * row_block;
  return {problem_.q.data + (problem_.first_row(block.sequence) + row) * problem_.q.token_stride +
              block.head * problem_.q.head_stride,
          problem_.q.token_stride, std::min(row_block, problem_.rows(block.sequence) - row),
          problem_.q.head_dim};
}

StridedRows AttentionPlan::key_rows(const ConstHeadsView& view, std::int64_t sequence, std::int64_t head,
                                    Keys keys) const noexcept {
  return {
      view.data + (problem_.first_key(sequence) + keys.first) * view.token_stride + head * view.head_stride,
      view.token_stride, keys.count, view.head_dim};
}

/// Packs the next key blocks that nobody has begun until those of this head are done: while others are still
/// at them, those of the heads behind it. Whoever has begun a key block finishes it without waiting.
void AttentionPlan::pack_until_ready(const kernels::KernelTable& kernels, HeadPlace head) noexcept {
  const std::int64_t origin = before(wave_.begin).packs, end = before(wave_.end).packs;
  const std::atomic<bool>* const first = packed_ + (before(head).packs - origin);
  const std::atomic<bool>* const last = first + key_blocks(places_[head.place].sequence);
  const auto ready = [](const std::atomic<bool>& block) { return block.load(std::memory_order_acquire); };
  while (!std::all_of(first, last, ready)) {
    const std::int64_t pack = next_pack_.load() < end ? next_pack_++ : end;
    if (pack >= end) {
      std::this_thread::yield();
      continue;
    }
    const Unit u = unit(pack, &Before::packs);
    const std::int64_t sequence = places_[u.of.place].sequence, key = u.index * key_block;
    const PackedKeys all = shared_keys(u.of);
    pack_keys(kernels, sequence, u.of.head, {key, std::min(key_block, problem_.keys(sequence) - key)},
              {all.panels + key * problem_.k.head_dim, all.finite + u.index,
               all.values == nullptr ? nullptr : all.values + key * value_stride()});
    packed_[pack - origin].store(true, std::memory_order_release);
  }
}

void AttentionPlan::pack_keys(const kernels::KernelTable& kernels, std::int64_t sequence, std::int64_t head,
                              Keys keys, const PackedKeys& to) const noexcept {
  const StridedRows k = key_rows(problem_.k, sequence, head, keys),
                    v = key_rows(problem_.v, sequence, head, keys);
  kernels.pack_panels({.source = k.data,
                       .transposed = false,
                       .source_stride = k.stride,
                       .columns = k.rows,
                       .depth = k.width,
                       .panels = to.panels});
  kernels.pack_values({.values = v.data,
                       .stride = v.stride,
                       .rows = v.rows,
                       .width = v.width,
                       .finite = to.finite,
                       .packed = to.values,
                       .packed_stride = value_stride()});
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
         (place * problem_.rows(block.sequence) + block.number * row_block) * problem_.keys(block.sequence);
}

void AttentionPlan::run_row_block(const kernels::KernelTable& kernels, const RowBlock& block,
                                  const PackedKeys& keys, float* scratch, const Ahead& ahead) const noexcept {
  const std::int64_t row = block.number * row_block;
  const std::int64_t query = problem_.first_row(block.sequence) + row;
  const StridedRows q = query_rows(block);
  // Here and not at the door, where the host may have set another rounding.
  const float usual_scale = 1.0f / std::sqrt(static_cast<float>(problem_.k.head_dim));
  const StridedRows v = keys.values == nullptr ? key_rows(problem_.v, block.sequence, block.head, {})
                                               : StridedRows{keys.values, value_stride(), 0, 0};
  kernels::AttentionBlock a = {
      .q = q.data,
      .q_stride = q.stride,
      .rows = q.rows,
      .key_panels = keys.panels,
      .finite = keys.finite,
      .v = v.data,
      .v_stride = v.stride,
      .keys = problem_.keys(block.sequence),
      .head_dim = problem_.k.head_dim,
      .value_dim = problem_.v.head_dim,
      .scale = problem_.scale.value_or(usual_scale),
      .first_position = row,
      .left = problem_.window.left,
      .right = problem_.window.right,
      .out = problem_.out.data + query * problem_.out.token_stride + block.head * problem_.out.head_stride,
      .out_stride = problem_.out.token_stride,
      .probabilities = probabilities(block),
      .probabilities_stride = problem_.keys(block.sequence),
      .scratch = scratch,
      .ahead = {ahead[0], ahead[1], ahead[2]}};
  if (problem_.positions.empty()) return kernels.attention_block(a);
  for (std::int64_t i = 0, rows = std::exchange(a.rows, 1); i < rows; ++i) {
    a.first_position = problem_.positions[as_size(row + i)];
    kernels.attention_block(a);
    a.q += a.q_stride;
    a.out += a.out_stride;
    if (a.probabilities != nullptr) a.probabilities += a.probabilities_stride;
  }
}

}  // namespace saccade::ops
