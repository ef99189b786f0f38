// Runs the tasks of an AttentionPlan.

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/as_size.hpp"
#include "ops/attention/attention_plan.hpp"

namespace saccade::ops {
namespace {

using core::as_size;
using kernels::element;
using kernels::row_block;
using kernels::StridedRows;

/// The vectors of a view from query `query` and head `head` of a sequence on.
template <class Pointer, class View>
kernels::ByRow<Pointer> from_query(const View& view, std::int64_t s, std::int64_t first_query,
                                   std::int64_t query, std::int64_t head) noexcept {
  const std::int64_t begin = AttentionProblem::sequence_begin(view, s, first_query);
  return {element(view.data, view.type, begin + query * view.token_stride + head * view.head_stride),
          view.token_stride, view.head_stride, view.type};
}

}  // namespace

void AttentionPlan::run(const kernels::KernelTable& kernels, std::size_t task, int slot) noexcept {
  const std::int64_t number = prefix_at(wave_.begin).tasks + static_cast<std::int64_t>(task);
  const Unit u = unit(number, &PrefixSums::tasks);
  // Tasks are assigned round-robin, so that this thread's next task is usually the one threads_ further on.
  const bool last = number + threads_ >= prefix_at(wave_.end).tasks;
  const Unit next = last ? u : unit(number + threads_, &PrefixSums::tasks);
  const SequencePlan& place = sequences_[u.of.place];
  const Slot& own = slots_[slot];
  if (place.mean) return run_mean(kernels, u.of, own);
  if (u.of.head < place.unsplit_heads) return run_head(kernels, u.of, next.of, own);
  const RowBlock block = row_block_of(u);
  if (place.chunks > 1) return run_chunk(kernels, u.of, block, own);
  if (place.reads_keys_in_place) return run_row_block(kernels, block, nullptr, own, {});
  pack_until_ready(kernels, u.of);
  const PackedKeys keys = shared_keys(u.of);
  Ahead ahead = {};
  if (prefetches_ahead_) ahead = {query_rows(row_block_of(next)), {}, {}, output_rows(block)};
  run_row_block(kernels, block, &keys, own, ahead);
}

/// Packs a head's keys and computes its row blocks. Meanwhile prefetches what the next task reads first,
/// since hardware does not predict a head's rows, which are not contiguous.
void AttentionPlan::run_head(const kernels::KernelTable& kernels, HeadPlace head, HeadPlace next,
                             const Slot& slot) const noexcept {
  const SequencePlan& place = sequences_[head.place];
  const SequencePlan& next_place = sequences_[next.place];
  PackedKeys keys = slot.keys;
  if (!place.copies_values) keys.values = nullptr;
  // The kernel checks values itself where it needs to.
  if (!place.copies_values && (place.row_blocks == 1 || !hides_keys_)) keys.finite = nullptr;
  for (std::int64_t b = 0; b < place.key_blocks; ++b) pack_block(kernels, place, head.head, b, keys);
  const std::int64_t blocks = place.row_blocks, next_keys = std::min(next_place.keys, kernels::key_block);
  for (std::int64_t i = 0; i < blocks; ++i) {
    const Keys share = {next_keys * i / blocks, next_keys * (i + 1) / blocks - next_keys * i / blocks};
    const RowBlock block = row_block_of({head, i});
    Ahead ahead = {};
    if (prefetches_ahead_) {
      ahead = {query_rows(i + 1 < blocks ? row_block_of({head, i + 1}) : row_block_of({next, 0})),
               key_rows(problem_.k, next_place, next.head, share),
               key_rows(problem_.v, next_place, next.head, share), output_rows(block)};
    }
    run_row_block(kernels, block, &keys, slot, ahead);
  }
}

/// Computes the states of a chunk's key blocks. The last chunk to finish merges those of all chunks, in
/// order.
void AttentionPlan::run_chunk(const kernels::KernelTable& kernels, HeadPlace head, const RowBlock& block,
                              const Slot& slot) noexcept {
  const std::int64_t blocks = block.place->key_blocks, parts = block.place->chunks;
  const std::int64_t state = problem_.value_dim() + 2, row_states = blocks * state;
  float* const states = states_ + prefix_at(head).states + block.row * row_states;
  kernels::AttentionBlock a = kernel_block(block, nullptr, slot);
  const kernels::AttentionBlock whole = a;
  a.first_block = blocks * block.chunk / parts;
  a.last_block = blocks * (block.chunk + 1) / parts;
  a.out.data = nullptr;
  a.running.data = nullptr;  // merged below
  a.state_blocks = 0;
  // The states of row i are the i-th; the kernel addresses them by query and head.
  a.states = {states - a.first_row_head * row_states, a.heads_per_query * row_states, row_states};
  kernels.attention_block(a);
  if (--chunks_left_[prefix_at(head).chunked + block.row / block.place->rows_per_block] != 0) return;
  const bool resumes = whole.running.data != nullptr && !whole.running_starts;
  for (std::int64_t row = 0; row < a.rows; ++row) {
    float* const running = whole.running.at(whole.query(row), whole.head(row));
    const float* const parts_of_row[] = {running, states + row * row_states};
    const std::int64_t blocks_of_parts[] = {1, blocks};  // a running state is like that of a block
    kernels.merge_states({.parts = resumes ? parts_of_row : parts_of_row + 1,
                          .blocks = resumes ? blocks_of_parts : blocks_of_parts + 1,
                          .count = resumes ? 2 : 1,
                          .value_dim = problem_.value_dim(),
                          .sink = whole.sinks == nullptr ? nullptr : whole.sinks + whole.head(row),
                          .out = whole.out.at(whole.query(row), whole.head(row)),
                          .out_type = whole.out.type,
                          .log_sum_exp = whole.log_sum_exp.at(whole.query(row), whole.head(row)),
                          .log_sum_exp_type = whole.log_sum_exp.type,
                          .running = running,
                          .scratch = slot.scratch});
  }
}

/// Computes every key_heads()-th piece of the queries for all heads, in order, so that one thread adds up
/// each query's mean. A piece has whole queries: as many as fit into a row block, or one in several row
/// blocks.
void AttentionPlan::run_mean(const kernels::KernelTable& kernels, HeadPlace head,
                             const Slot& slot) const noexcept {
  const SequencePlan& place = sequences_[head.place];
  const std::int64_t piece = std::max<std::int64_t>(1, row_block / place.group) * place.group;
  for (std::int64_t begin = head.head * piece; begin < place.rows; begin += place.heads * piece) {
    const std::int64_t end = std::min(begin + piece, place.rows);
    for (std::int64_t h = 0; h < place.heads; ++h) {
      for (std::int64_t row = begin; row < end; row += row_block)
        add_to_mean(kernels, {&place, h, row, std::min(row_block, end - row)}, slot);
    }
  }
}

void AttentionPlan::add_to_mean(const kernels::KernelTable& kernels, const RowBlock& block,
                                const Slot& slot) const noexcept {
  const ProbabilitiesRequest& requested = *request(block.place->sequence);
  const auto& heads = requested.heads;
  const std::int64_t keys = block.place->keys;
  const std::int64_t first = heads.empty() ? 0 : *std::min_element(heads.begin(), heads.end()),
                     last =
                         heads.empty() ? problem_.q.heads - 1 : *std::max_element(heads.begin(), heads.end());
  const auto count = static_cast<float>(heads.empty() ? as_size(problem_.q.heads) : heads.size());
  kernels::AttentionBlock a = kernel_block(block, nullptr, slot);
  float* means[row_block];
  if (!find_score_rows(block, means)) return;
  for (std::int64_t i = 0; i < a.rows; ++i)
    slot.score_rows[i] = means[i] == nullptr ? nullptr : slot.mean_rows + i * keys;
  a.score_rows = slot.score_rows;
  run_kernel(kernels, block, a);
  for (std::int64_t i = 0; i < a.rows; ++i) {
    if (means[i] == nullptr) continue;
    const std::int64_t head = block.head * a.heads_per_query + a.head(i);
    for (std::int64_t j = 0; j < keys; ++j) {
      const float sum = head == first ? slot.score_rows[i][j] : means[i][j] + slot.score_rows[i][j];
      means[i][j] = head == last ? sum / count : sum;
    }
  }
}

/// The row block of a task: the last rows come first.
AttentionPlan::RowBlock AttentionPlan::row_block_of(const Unit& unit) const noexcept {
  const SequencePlan& place = sequences_[unit.of.place];
  const std::int64_t block = place.row_blocks - 1 - unit.index / place.chunks;
  const std::int64_t row = place.block_begin(block), end = std::min(place.block_begin(block + 1), place.rows);
  return {&place, unit.of.head, row, end - row, unit.index % place.chunks};
}

/// Rows of a view to prefetch; none where they are not fp32 or not a constant stride apart.
StridedRows AttentionPlan::rows_of(const ConstHeadsView& view, const RowBlock& block) const noexcept {
  if (view.type != StorageType::f32 || block.place->group != 1 || block.row < 0)
    return {};  // row < 0: no queries
  const std::int64_t s = block.place->sequence;
  const auto from = from_query<const void*>(view, s, problem_.first_query(s), block.row, block.head);
  return {static_cast<const float*>(from.data), view.token_stride, block.rows, view.head_dim};
}

StridedRows AttentionPlan::query_rows(const RowBlock& block) const noexcept {
  return rows_of(problem_.q, block);
}

StridedRows AttentionPlan::output_rows(const RowBlock& block) const noexcept {
  return rows_of(problem_.out, block);
}

StridedRows AttentionPlan::key_rows(const ConstHeadsView& view, const SequencePlan& place, std::int64_t head,
                                    Keys keys) const noexcept {
  if (view.type != StorageType::f32 || place.reads_keys_in_place) return {};
  const std::int64_t begin =
      AttentionProblem::sequence_begin(view, place.sequence, problem_.first_key(place.sequence)) +
      keys.first * view.token_stride + head * view.head_stride;
  return {static_cast<const float*>(element(view.data, view.type, begin)), view.token_stride, keys.count,
          view.head_dim};
}

/// Finds where each row's scores are to be written; false where none of the sequence are requested.
bool AttentionPlan::find_score_rows(const RowBlock& block, float** rows) const noexcept {
  const ProbabilitiesRequest* const requested = request(block.place->sequence);
  if (requested == nullptr) return false;
  const std::int64_t keys = block.place->keys, group = block.place->group;
  const std::int64_t queries = problem_.queries(block.place->sequence);
  const std::int64_t requested_queries =
      requested->queries.empty() ? queries : static_cast<std::int64_t>(requested->queries.size());
  for (std::int64_t i = 0; i < block.rows; ++i) {
    std::int64_t query = (block.row + i) / group, head = block.head * group + (block.row + i) % group;
    rows[i] = nullptr;
    if (!requested->heads.empty()) {
      const auto found = std::find(requested->heads.begin(), requested->heads.end(), head);
      if (found == requested->heads.end()) continue;
      head = found - requested->heads.begin();
    }
    if (!requested->queries.empty()) {
      const auto found = std::lower_bound(requested->queries.begin(), requested->queries.end(), query);
      if (found == requested->queries.end() || *found != query) continue;
      query = found - requested->queries.begin();
    }
    if (requested->mean_over_heads) head = 0;
    rows[i] = requested->out.data() + (head * requested_queries + query) * keys;
  }
  return true;
}

kernels::ScoreRules AttentionPlan::score_rules(std::int64_t sequence, std::int64_t query,
                                               std::int64_t head) const noexcept {
  const AttentionOptions& options = problem_.options;
  // Computed here, in a task, since the caller's thread may have another rounding mode.
  const float usual_scale = 1.0f / std::sqrt(static_cast<float>(problem_.head_dim()));
  const auto by_row = [&](const auto& view, StorageType type) -> kernels::ByRow<const void*> {
    const std::int64_t begin = (sequence + problem_.first_sequence) * view.sequence_stride +
                               query * view.query_stride + head * view.head_stride;
    return {element<const void*>(view.data, type, begin), view.query_stride, view.head_stride, type};
  };
  const DistanceBias& distance = options.distance_bias;
  return {.scale = options.scale.value_or(usual_scale),
          .left = options.window.left,
          .right = options.window.right,
          .softcap = options.softcap,
          .mask = by_row(options.mask, StorageType::u8),
          .mask_keys = options.mask.keys,
          .mask_key_stride = options.mask.key_stride,
          .bias = by_row(options.bias, options.bias.type),
          .bias_keys = options.bias.keys,
          .bias_key_stride = options.bias.key_stride,
          .distance_bias = element(distance.data, StorageType::f32, head * distance.head_stride),
          .distance_head_stride = distance.head_stride,
          .first_distance = distance.first_distance,
          .distances = distance.count};
}

kernels::AttentionBlock AttentionPlan::kernel_block(const RowBlock& block, const PackedKeys* keys,
                                                    const Slot& slot) const noexcept {
  const AttentionOptions& options = problem_.options;
  const std::int64_t s = block.place->sequence, group = block.place->group;
  const std::int64_t query = block.row / group, head = block.head * group;
  const std::int64_t first_query = problem_.first_query(s);
  kernels::KeySource source = problem_.source(s, block.head);
  if (keys != nullptr) {
    source.form = kernels::KeySource::Form::panels;
    source.keys = keys->panels;
    source.key_type = StorageType::f32;
    if (keys->values != nullptr) {
      source.values = keys->values;
      source.value_type = StorageType::f32;
      source.value_stride = value_stride();
    }
  }
  const TopKeys& top = options.top_keys;
  const std::int64_t top_begin = (first_query + query) * top.token_stride + head * top.head_stride;
  const std::int64_t row_state = problem_.value_dim() + 2, row_states = options.states.blocks * row_state;
  const std::int64_t first_row = (first_query + query) * problem_.q.heads + head;
  return {.q = from_query<const void*>(problem_.q, s, first_query, query, head),
          .rows = block.rows,
          .source = source,
          .finite = keys == nullptr ? nullptr : keys->finite,
          .keys = block.place->keys,
          .head_dim = problem_.head_dim(),
          .value_dim = problem_.value_dim(),
          .rules = score_rules(s, query, head),
          .first_position = problem_.query_position(s) + query,
          .out = from_query<void*>(problem_.out, s, first_query, query, head),
          .scratch = slot.scratch,
          .heads_per_query = group,
          .first_row_head = block.row % group,
          .heads_per_key_head = problem_.group(),
          .first_key = problem_.key_position(s),
          .sinks = options.sinks.empty() ? nullptr : options.sinks.data() + head,
          .log_sum_exp = from_query<void*>(options.log_sum_exp, s, first_query, query, head),
          .top_keys = {element(top.keys, StorageType::i32, top_begin), top.token_stride, top.head_stride},
          .top_probabilities = {element(top.probabilities, StorageType::f32, top_begin), top.token_stride,
                                top.head_stride},
          .top = top.k,
          .state_blocks = options.states.blocks,
          .states = {element(options.states.data, StorageType::f32, first_row * row_states),
                     problem_.q.heads * row_states, row_states},
          .running = {element(options.running.data, StorageType::f32, first_row * row_state),
                      problem_.q.heads * row_state, row_state},
          .running_starts = options.running.start};
}

void AttentionPlan::run_row_block(const kernels::KernelTable& kernels, const RowBlock& block,
                                  const PackedKeys* keys, const Slot& slot,
                                  const Ahead& ahead) const noexcept {
  kernels::AttentionBlock a = kernel_block(block, keys, slot);
  std::copy(ahead.begin(), ahead.end(), a.ahead);
  if (find_score_rows(block, slot.score_rows)) {
    a.score_rows = slot.score_rows;
    a.point = request(block.place->sequence)->point;
  }
  run_kernel(kernels, block, a);
}

/// Runs the kernel on a row block. Selected rows are run one by one, since each has its own position.
void AttentionPlan::run_kernel(const kernels::KernelTable& kernels, const RowBlock& block,
                               kernels::AttentionBlock a) const noexcept {
  if (problem_.positions.empty()) return kernels.attention_block(a);
  for (std::int64_t i = 0, rows = std::exchange(a.rows, 1); i < rows; ++i) {
    a.first_position = problem_.positions[as_size(block.row + i)];
    kernels.attention_block(a);
    a.q.data = element(a.q.data, a.q.type, a.q.query_stride);
    a.out.data = element(a.out.data, a.out.type, a.out.query_stride);
    if (a.score_rows != nullptr) ++a.score_rows;
  }
}

}  // namespace saccade::ops
