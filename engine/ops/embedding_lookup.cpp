#include "ops/embedding_lookup.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "core/require.hpp"
#include "ops/attention/validate.hpp"
#include "ops/token_blocks.hpp"
#include "saccade/error.hpp"

namespace saccade::ops {
namespace {

/// Names the token by its sequence and its position there, as a reader of the batch's texts counts.
[[noreturn]] void fail_at(const TokenIds& batch, std::size_t token, std::string_view what, std::int64_t id,
                          std::int64_t rows) {
  const std::int64_t at = batch.offsets.front() + static_cast<std::int64_t>(token);
  const auto next = std::upper_bound(batch.offsets.begin(), batch.offsets.end(), at);
  const std::int64_t sequence = next - batch.offsets.begin() - 1;
  throw Error(ErrorCode::invalid_argument, "token " + core::to_text(at - *(next - 1)) + " of sequence " +
                                               core::to_text(sequence) + " has the " + std::string(what) +
                                               " " + core::to_text(id) + "; expected 0 to " +
                                               core::to_text(rows - 1));
}

void validate_ids(const TokenIds& batch, std::span<const std::int32_t> ids, std::string_view what,
                  std::int64_t rows) {
  for (std::size_t token = 0; token < ids.size(); ++token) {
    if (ids[token] < 0 || ids[token] >= rows) fail_at(batch, token, what, ids[token], rows);
  }
}

void validate_lengths(Offsets offsets, const EmbeddingTables& tables) {
  const std::int64_t room = tables.positions.rows - tables.first_position;
  for (std::size_t s = 1; s < offsets.size(); ++s) {
    const std::int64_t length = offsets[s] - offsets[s - 1];
    if (length > room)
      throw Error(ErrorCode::invalid_argument, "sequence " + std::to_string(s - 1) + " has " +
                                                   core::to_text(length) +
                                                   " tokens; positions are known for " + core::to_text(room));
  }
}

}  // namespace

void validate(const TokenIds& batch, const EmbeddingTables& tables) {
  const auto tokens = static_cast<std::int64_t>(batch.ids.size());
  core::require_equal("the number of ids", tokens, "the offsets' tokens",
                      batch.offsets.empty() ? 0 : batch.offsets.back() - batch.offsets.front());
  if (!batch.types.empty())
    core::require_equal("types' size", static_cast<std::int64_t>(batch.types.size()), "the number of ids",
                        tokens);
  validate_ids(batch, batch.ids, "id", tables.words.rows);
  if (tables.types.rows > 0) validate_ids(batch, batch.types, "type", tables.types.rows);
  if (tables.positions.rows > 0) validate_lengths(batch.offsets, tables);
}

namespace {

/// Looks up tokens whose positions follow one another from row `row` of the table on.
void look_up_run(const kernels::KernelTable& kernels, const TokenIds& batch, const EmbeddingTables& tables,
                 std::int64_t token, std::int64_t tokens, std::int64_t row, MatrixView out) noexcept {
  const WeightView &words = tables.words, &types = tables.types, &positions = tables.positions;
  kernels.embedding_lookup({.ids = batch.ids.data() + token,
                            .type_ids = batch.types.empty() ? nullptr : batch.types.data() + token,
                            .rows = tokens,
                            .width = out.columns,
                            .words = words.data,
                            .word_stride = words.row_stride,
                            .types = types.rows > 0 ? types.data : nullptr,
                            .type_stride = types.row_stride,
                            .positions = positions.rows > 0 ? positions.at(row, 0) : nullptr,
                            .position_stride = positions.row_stride,
                            .out = out.data + token * out.row_stride,
                            .out_stride = out.row_stride,
                            .type = words.type});
}

}  // namespace

void embedding_lookup(scheduler::ExecutionContext& state, const TokenIds& batch,
                      const EmbeddingTables& tables, MatrixView out) noexcept {
  const auto is_padding = [&](std::int32_t id) { return id == tables.pad_token_id; };
  run_token_blocks(
      state, batch.offsets, [&](std::int64_t token, std::int64_t position, std::int64_t tokens) noexcept {
        const auto ids = batch.ids.begin() + token;
        std::int64_t row = tables.first_position + position;
        if (tables.pad_token_id >= 0) row -= std::count_if(ids - position, ids, is_padding);
        for (std::int64_t i = 0, run = 0; i < tokens; i += run) {
          const auto pad =
              tables.pad_token_id < 0 ? ids + tokens : std::find_if(ids + i, ids + tokens, is_padding);
          run = pad - (ids + i);
          if (run > 0) {
            look_up_run(*state.kernels, batch, tables, token + i, run, row, out);
            row += run;
          } else {
            run = 1;
            look_up_run(*state.kernels, batch, tables, token + i, 1, tables.first_position - 1, out);
          }
        }
      });
}

}  // namespace saccade::ops
