#include "ops/attention/attention_plan.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>

#include "core/as_size.hpp"

namespace saccade::ops {
namespace {

using core::as_size;
using kernels::blocks_of;
using kernels::element;
using kernels::key_block;
using kernels::max_row_block;
using kernels::panel_width;
using kernels::row_block;
using kernels::StridedRows;

/// Packed keys of a wave: 32 MiB. Far more than the threads need to stay busy between two waves, and little
/// compared to the tensors of batches that large.
constexpr std::int64_t wave_values = (std::int64_t{32} << 20) / static_cast<std::int64_t>(sizeof(float));

/// Queries, in fp32 values (128 KiB), up to which a problem's operands are in L2 anyway.
constexpr std::int64_t few_values = std::int64_t{32} << 10;

}  // namespace

AttentionPlan::AttentionPlan(const AttentionProblem& problem, int threads) noexcept
    : problem_(problem), threads_(threads) {
  prefetches_ahead_ = problem_.q.tokens * problem_.q.heads * problem_.head_dim() > few_values;
  const AttentionOptions& options = problem_.options;
  hides_keys_ = std::min(options.window.left, options.window.right) < Window::unlimited ||
                options.mask.data != nullptr || options.bias.data != nullptr ||
                options.distance_bias.data != nullptr;
  std::int64_t all = 0;
  for (std::int64_t s = 0; threads_ > 1 && s < problem_.sequences(); ++s) {
    const SequencePlan place = describe_sequence(s);
    all += place.row_blocks * place.heads;
  }
  if (all > 0) tasks_per_row_block_ = blocks_of(4 * threads_, all);
  extent_ = extent();
}

const ProbabilitiesRequest* AttentionPlan::request(std::int64_t sequence) const noexcept {
  const auto& requests = problem_.options.probabilities;
  if (requests.empty()) return nullptr;
  const auto found =
      std::lower_bound(requests.begin(), requests.end(), sequence + problem_.first_sequence,
                       [](const ProbabilitiesRequest& r, std::int64_t s) { return r.sequence < s; });
  return found == requests.end() || found->sequence != sequence + problem_.first_sequence ? nullptr : &*found;
}

AttentionPlan::SequencePlan AttentionPlan::describe_sequence(std::int64_t sequence) const noexcept {
  const ProbabilitiesRequest* const requested = request(sequence);
  const std::int64_t heads = problem_.key_heads(), group = problem_.group();
  SequencePlan p = {};
  p.sequence = sequence;
  p.keys = problem_.keys(sequence);
  p.key_blocks = kernels::key_blocks(p.keys, problem_.key_position(sequence));
  p.mean = requested != nullptr && requested->mean_over_heads;
  const bool together = !p.mean && reads_tokens_whole(sequence);
  p.heads = together ? 1 : heads;
  p.group = together ? heads * group : group;
  p.rows = problem_.queries(sequence) * p.group;
  p.reads_keys_in_place = problem_.cache != nullptr || p.mean || together ||
                          p.rows <= (problem_.positions.empty() ? kernels::row_group : 1);
  choose_row_blocks(p);
  // Values are copied where they have to be converted, and where many rows read them, unless those of a head
  // are contiguous already.
  p.copies_values = problem_.v.type != StorageType::f32 ||
                    (p.rows > max_row_block && problem_.v.token_stride != problem_.value_dim());
  p.chunks = requested == nullptr ? chunks(p) : 1;
  if (all_heads_unsplit(p)) p.unsplit_heads = p.heads;
  return p;
}

/// Whether a sequence has one query, and the heads of its tokens are contiguous in keys and values.
bool AttentionPlan::reads_tokens_whole(std::int64_t sequence) const noexcept {
  const auto side_by_side = [](const ConstHeadsView& view) {
    return view.heads > 1 && view.head_stride < view.token_stride;
  };
  return problem_.cache == nullptr && problem_.positions.empty() && problem_.queries(sequence) == 1 &&
         side_by_side(problem_.k) && side_by_side(problem_.v);
}

/// Large blocks are 1 % faster but coarser. They are used only if there are at least 32 for each thread but
/// one, so that waiting for the last task costs less than 1 %. The rows beyond full rounds of large blocks
/// are split evenly into short blocks.
void AttentionPlan::choose_row_blocks(SequencePlan& place) const noexcept {
  const std::int64_t round = threads_ * max_row_block;
  const bool large = !place.reads_keys_in_place && place.rows * place.heads >= 32 * (round - max_row_block);
  place.rows_per_block = static_cast<std::int32_t>(large ? max_row_block : row_block);
  place.short_rows = large && place.rows > round ? static_cast<std::int32_t>(place.rows % round) : 0;
  place.short_blocks = std::min(threads_, static_cast<int>(blocks_of(place.short_rows, kernels::row_group)));
  place.row_blocks = place.short_blocks + blocks_of(place.rows - place.short_rows, place.rows_per_block);
}

/// Chunks of a row block: more than one only where the row blocks of all sequences cannot keep the threads
/// busy.
std::int64_t AttentionPlan::chunks(const SequencePlan& place) const noexcept {
  const AttentionOptions& options = problem_.options;
  const bool plain = options.top_keys.k == 0 && options.states.data == nullptr && problem_.positions.empty();
  if (!plain || !place.reads_keys_in_place) return 1;
  return std::max<std::int64_t>(1, std::min(tasks_per_row_block_, place.key_blocks));
}

AttentionPlan::Extent AttentionPlan::extent() const noexcept {
  Extent e;
  // Without queries k is not validated against the keys.
  const std::int64_t top = problem_.q.tokens == 0 ? 0 : problem_.options.top_keys.k;
  e.scratch = {problem_.head_dim(), problem_.value_dim(), 1, top, false};
  std::int64_t largest = 0, all = 0;
  for (std::int64_t s = 0; s < problem_.sequences(); ++s) {
    const SequencePlan p = describe_sequence(s);
    e.scratch.blocks = std::max(e.scratch.blocks, p.key_blocks);
    if (p.mean) e.mean_keys = std::max(e.mean_keys, p.keys);
    if (p.reads_keys_in_place) {
      e.scratch.converts = true;
      e.state_values += state_values(p) * p.heads;
      if (p.chunks > 1) e.chunked_blocks += p.row_blocks * p.heads;
      continue;
    }
    if (p.keys_fit_l2()) {
      e.longest_unsplit = std::max(e.longest_unsplit, p.keys);
      if (p.copies_values) e.longest_copied = std::max(e.longest_copied, p.keys);
    }
    if (all_heads_unsplit(p)) continue;
    largest = std::max(largest, shared_values(p));
    all += shared_values(p) * p.heads;
  }
  e.shared_values = std::min(all, std::max(wave_values, largest));
  // A key block has at least one panel.
  e.shared_blocks = e.shared_values / (panel_width * problem_.head_dim());
  return e;
}

void AttentionPlan::lay_out(scheduler::Carver& carver) noexcept {
  const Extent& e = extent_;
  sequences_ = carver.take<SequencePlan>(as_size(problem_.sequences() + 1));
  shared_values_ = carver.take<float>(as_size(e.shared_values));
  shared_finite_ = carver.take<std::uint8_t>(as_size(e.shared_blocks));
  packed_ = carver.take<std::atomic<bool>>(as_size(e.shared_blocks));
  states_ = carver.take<float>(as_size(e.state_values));
  chunks_left_ = carver.take<std::atomic<std::int64_t>>(as_size(e.chunked_blocks));
  slots_ = carver.take<Slot>(as_size(threads_));
  for (int i = 0; i < threads_; ++i) {
    const Slot slot = {carver.take<float>(as_size(e.scratch.values())),
                       {carver.take<float>(as_size(key_panels(e.longest_unsplit))),
                        carver.take<std::uint8_t>(1 + as_size(blocks_of(e.longest_unsplit, key_block))),
                        carver.take<float>(as_size(e.longest_copied * value_stride()))},
                       carver.take<float*>(as_size(max_row_block)),
                       carver.take<float>(as_size(e.mean_keys * row_block))};
    if (slots_ != nullptr) slots_[i] = slot;
  }
}

void AttentionPlan::prepare() noexcept {
  const std::int64_t sequences = problem_.sequences();
  for (std::int64_t s = 0; s < sequences; ++s) sequences_[s] = describe_sequence(s);
  std::sort(sequences_, sequences_ + sequences, [](const SequencePlan& a, const SequencePlan& b) {
    return a.keys != b.keys ? a.keys > b.keys : a.sequence < b.sequence;
  });
  if (threads_ > 1) choose_unsplit_heads();
  sequences_[0].prefix = {};
  for (std::int64_t p = 0; p < sequences; ++p) sequences_[p + 1].prefix = prefix_at({p, sequences_[p].heads});
  for (std::int64_t p = 0; p < sequences; ++p) {
    const SequencePlan& place = sequences_[p];
    for (std::int64_t i = place.prefix.chunked; i < sequences_[p + 1].prefix.chunked; ++i)
      std::construct_at(chunks_left_ + i, place.chunks);
  }
  wave_ = {{0, 0}, {0, 0}};
}

/// Leaves a head unsplit while enough work follows to keep all threads busy until the round of heads ends. Up
/// to 1/16 of a head of idle time is cheaper than splitting, which packs keys for several cores.
void AttentionPlan::choose_unsplit_heads() noexcept {
  constexpr double missing = 1.0 / 16;
  SequencePlan* const end = sequences_ + problem_.sequences();
  double behind = 0;  // scores from `place` on
  for (const SequencePlan* place = sequences_; place != end; ++place)
    behind += place->scores() * static_cast<double>(place->heads);
  double begun = 0;  // scores of the unsplit heads of the last round, if it is not full
  for (SequencePlan* place = sequences_; place != end; ++place) {
    const auto heads = static_cast<double>(place->heads);
    const double head = place->scores(), offset = begun / head;
    auto unsplit = static_cast<double>(place->unsplit_heads);
    if (place->keys_fit_l2() && !all_heads_unsplit(*place)) {
      const double rounds = std::floor((offset + behind / head + missing) / threads_);
      unsplit = std::clamp(std::floor(rounds * threads_ - offset + missing), 0.0, heads);
    }
    place->unsplit_heads = static_cast<std::int64_t>(unsplit);
    begun = unsplit == heads ? std::fmod(offset + heads, threads_) * head : 0;
    behind -= head * heads;
  }
}

AttentionPlan::PrefixSums AttentionPlan::prefix_at(HeadPlace at) const noexcept {
  const SequencePlan& place = sequences_[at.place];
  PrefixSums sum = place.prefix;
  if (at.head == 0) return sum;
  const std::int64_t split = std::max<std::int64_t>(0, at.head - place.unsplit_heads);
  sum.tasks += at.head - split + split * place.split_tasks();
  if (place.reads_keys_in_place) {
    sum.states += split * state_values(place);
    sum.chunked += place.chunks > 1 ? split * place.row_blocks : 0;
  } else {
    sum.packs += split * place.key_blocks;
    sum.values += split * shared_values(place);
  }
  return sum;
}

/// The next wave: as many heads as wave_values allow, but at least one.
bool AttentionPlan::next_wave() noexcept {
  const std::int64_t sequences = problem_.sequences();
  const HeadPlace begin = wave_.end;
  if (begin.place == sequences) return false;
  const std::int64_t most = prefix_at(begin).values + wave_values;
  HeadPlace end = begin;
  while (end.place < sequences && prefix_at({end.place + 1, 0}).values <= most) end = {end.place + 1, 0};
  if (end.place < sequences) {
    while (prefix_at({end.place, end.head + 1}).values <= most) ++end.head;
    if (end == begin) ++end.head;
    if (end.head == sequences_[end.place].heads) end = {end.place + 1, 0};
  }
  wave_ = {begin, end};
  next_pack_ = prefix_at(begin).packs;
  const std::int64_t packs = prefix_at(end).packs - prefix_at(begin).packs;
  for (std::int64_t i = 0; i < packs; ++i) std::construct_at(packed_ + i, false);
  return true;
}

std::size_t AttentionPlan::tasks() const noexcept {
  return as_size(prefix_at(wave_.end).tasks - prefix_at(wave_.begin).tasks);
}

/// The task or key block with this number: they are numbered in the order of sequences, then of heads.
AttentionPlan::Unit AttentionPlan::unit(std::int64_t number, std::int64_t PrefixSums::*kind) const noexcept {
  const SequencePlan* const after =
      std::upper_bound(sequences_ + wave_.begin.place, sequences_ + problem_.sequences(), number,
                       [kind](std::int64_t n, const SequencePlan& p) { return n < p.prefix.*kind; });
  const SequencePlan& place = after[-1];
  const HeadPlace first = {after - 1 - sequences_, place.unsplit_heads};  // split head
  const std::int64_t rest = number - prefix_at(first).*kind;
  if (rest < 0) return {{first.place, number - place.prefix.*kind}, 0};
  const std::int64_t units = prefix_at({first.place, first.head + 1}).*kind - prefix_at(first).*kind;
  return {{first.place, first.head + rest / units}, rest % units};
}

AttentionPlan::PackedKeys AttentionPlan::shared_keys(HeadPlace head) const noexcept {
  const PrefixSums here = prefix_at(head), origin = prefix_at(wave_.begin);
  const SequencePlan& place = sequences_[head.place];
  float* const panels = shared_values_ + (here.values - origin.values);
  std::uint8_t* const finite = shared_finite_ + (here.packs - origin.packs);
  return {panels, place.copies_values || hides_keys_ ? finite : nullptr,
          place.copies_values ? panels + key_panels(place.keys) : nullptr};
}

/// Packs the next key blocks that no thread has begun until those of this head are packed. While other
/// threads pack this head's last ones, it packs those of later heads. A key block that is begun is finished
/// without waiting, so that no two threads wait for each other.
void AttentionPlan::pack_until_ready(const kernels::KernelTable& kernels, HeadPlace head) noexcept {
  const std::int64_t origin = prefix_at(wave_.begin).packs, end = prefix_at(wave_.end).packs;
  const std::atomic<bool>* const first = packed_ + (prefix_at(head).packs - origin);
  const std::atomic<bool>* const last = first + sequences_[head.place].key_blocks;
  const auto ready = [](const std::atomic<bool>& block) { return block.load(std::memory_order_acquire); };
  while (!std::all_of(first, last, ready)) {
    const std::int64_t pack = next_pack_.load() < end ? next_pack_++ : end;
    if (pack >= end) {
      std::this_thread::yield();
      continue;
    }
    const Unit u = unit(pack, &PrefixSums::packs);
    pack_block(kernels, sequences_[u.of.place], u.of.head, u.index, shared_keys(u.of));
    packed_[pack - origin].store(true, std::memory_order_release);
  }
}

/// Packs key block `block` of a head into `all`.
void AttentionPlan::pack_block(const kernels::KernelTable& kernels, const SequencePlan& place,
                               std::int64_t head, std::int64_t block, const PackedKeys& all) const noexcept {
  const std::int64_t cut = problem_.key_position(place.sequence) % key_block;
  const std::int64_t key = std::max<std::int64_t>(0, block * key_block - cut);
  const std::int64_t count = std::min((block + 1) * key_block - cut, place.keys) - key;
  const kernels::KeySource from = problem_.source(place.sequence, head);
  kernels.pack_panels({.source = element(from.keys, from.key_type, key * from.key_stride),
                       .transposed = false,
                       .source_stride = from.key_stride,
                       .columns = count,
                       .depth = problem_.head_dim(),
                       .panels = all.panels + key * problem_.head_dim(),
                       .type = from.key_type});
  if (all.finite == nullptr) return;
  kernels.pack_values({.values = element(from.values, from.value_type, key * from.value_stride),
                       .stride = from.value_stride,
                       .rows = count,
                       .width = problem_.value_dim(),
                       .finite = all.finite + block,
                       .packed = all.values == nullptr ? nullptr : all.values + key * value_stride(),
                       .packed_stride = value_stride(),
                       .type = from.value_type});
}

}  // namespace saccade::ops
