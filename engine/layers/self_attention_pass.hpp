#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "layers/packed_self_attention.hpp"
#include "layers/sequence_groups.hpp"
#include "ops/attention/attention.hpp"
#include "ops/linear.hpp"
#include "saccade/attention.hpp"
#include "saccade/views.hpp"
#include "scheduler/execution_context.hpp"

namespace saccade::layers {

/// Operands of a pass, all validated.
struct PassTensors {
  ConstMatrixView x = {};
  Offsets offsets = {};
  std::span<const std::int64_t> positions = {};  ///< of the selected query rows; empty: all tokens
  MatrixView z = {};
  MatrixView context = {};
  Window window = {};
  std::span<const ProbabilitiesRequest> probabilities = {};
  /// Of selected rows: for each sequence [heads][positions][keys].
  std::span<float> row_probabilities = {};
};

/// One forward pass of a batch through a layer, in groups of sequences: q, k, v; attention; output
/// projection.
class SelfAttentionPass {
 public:
  SelfAttentionPass(scheduler::ExecutionContext& state, const PackedSelfAttention& packed,
                    const PassTensors& tensors);

  [[nodiscard]] std::size_t workspace() const noexcept;
  void run();

 private:
  /// Maxima over the groups that run on one thread, or over those that run on all.
  struct Sizes {
    std::int64_t tokens = 0, rows = 0, sequences = 0;
    std::size_t op_bytes = 0;
  };
  /// Pieces of the workspace, each large enough for any such group.
  struct Buffers {
    float* rows_of_x;  ///< the selected rows of x: [rows][hidden_size]
    float* q;          ///< their queries: [rows][query_columns]
    float* qkv;        ///< [tokens][qkv_columns], without the queries where rows are selected
    float* context;    ///< [rows][query_size]
    ProbabilitiesRequest* requests;
    std::byte* op;  ///< workspace of the op that runs
  };

  [[nodiscard]] bool selects_rows() const noexcept { return !tensors_.positions.empty(); }
  [[nodiscard]] std::int64_t rows(const Sequences& group) const noexcept;
  [[nodiscard]] std::int64_t first_row(const Sequences& group) const noexcept;
  [[nodiscard]] ops::AttentionProblem problem(const Sequences& group, const Buffers& buffers) const noexcept;
  /// Columns of a row of Buffers::qkv.
  [[nodiscard]] std::int64_t qkv_stride() const noexcept;
  [[nodiscard]] Sizes sizes(bool on_one_thread) const noexcept;
  void lay_out(scheduler::Carver& carver, const Sizes& sizes, Buffers& buffers) const noexcept;
  [[nodiscard]] std::size_t bytes(const Sizes& sizes) const noexcept;
  void run_group(const Sequences& group, const Buffers& buffers) const;
  void project(const Sequences& group, const Buffers& buffers) const;
  [[nodiscard]] MatrixView context_rows(const Sequences& group, const Buffers& buffers) const noexcept;
  [[nodiscard]] std::span<const ProbabilitiesRequest> requests(const Sequences& group,
                                                               const Buffers& buffers) const noexcept;

  scheduler::ExecutionContext& state_;
  const PackedSelfAttention& packed_;
  PassTensors tensors_;
  SequenceGroups groups_;
};

}  // namespace saccade::layers
