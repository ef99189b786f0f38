#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "layers/sequence_groups.hpp"
#include "ops/attention/attention.hpp"
#include "ops/linear.hpp"
#include "saccade/attention.hpp"
#include "saccade/views.hpp"
#include "scheduler/engine_state.hpp"

namespace saccade::layers {

/// A self-attention layer's weights: query, key and value side by side, each from a panel on; the output
/// projection, with in == 0 where there is none.
struct PackedSelfAttention {
  std::int64_t width = 0;
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t output_width = 0;
  ops::PackedWeights qkv;
  ops::PackedWeights output;

  [[nodiscard]] std::int64_t context_width() const noexcept { return heads * head_dim; }
  /// Columns of q, k or v among those of qkv.
  [[nodiscard]] std::int64_t part() const noexcept { return qkv.columns / 3; }
};

/// Operands of a pass, all validated.
struct PassTensors {
  ConstMatrixView x = {};
  Offsets offsets = {};
  std::span<const std::int64_t> positions = {};  ///< the vector form; empty: every token is a query
  MatrixView z = {};
  MatrixView context = {};
  Window window = {};
  std::span<const ProbabilitiesRequest> probabilities = {};
  std::span<float> row_probabilities = {};  ///< the vector form's: for each sequence [heads][positions][keys]
};

/// One pass of a batch through a layer, in groups of sequences: project to q, k, v; attend; project out.
class SelfAttentionPass {
 public:
  SelfAttentionPass(Engine::State& state, const PackedSelfAttention& packed, const PassTensors& tensors);

  [[nodiscard]] std::size_t workspace() const noexcept;
  void run();

 private:
  /// The most that a group takes, of those that are one thread's, or of the others.
  struct Sizes {
    std::int64_t tokens = 0, rows = 0, sequences = 0;
    std::size_t op_bytes = 0;
  };
  /// Pieces of the workspace, each large enough for any such group.
  struct Buffers {
    float* rows_of_x;  ///< the vector form's query tokens [rows][width]
    float* q;          ///< the vector form's queries [rows][part]
    float* qkv;        ///< [tokens][3 part], or [tokens][2 part] without q
    float* context;    ///< [rows][context_width]
    ProbabilitiesRequest* requests;
    std::byte* op;  ///< workspace of the op that runs
  };

  [[nodiscard]] bool vector_form() const noexcept { return !tensors_.positions.empty(); }
  [[nodiscard]] std::int64_t rows(const Sequences& group) const noexcept;
  [[nodiscard]] std::int64_t first_row(const Sequences& group) const noexcept;
  [[nodiscard]] ops::AttentionProblem problem(const Sequences& group, const Buffers& buffers) const noexcept;
  [[nodiscard]] Sizes sizes(bool alone) const noexcept;
  void lay_out(scheduler::Carver& carver, const Sizes& sizes, Buffers& buffers) const noexcept;
  [[nodiscard]] std::size_t bytes(const Sizes& sizes) const noexcept;
  void run_group(const Sequences& group, const Buffers& buffers) const;
  void project(const Sequences& group, const Buffers& buffers) const;
  [[nodiscard]] MatrixView context_rows(const Sequences& group, const Buffers& buffers) const noexcept;
  [[nodiscard]] std::span<const ProbabilitiesRequest> requests(const Sequences& group,
                                                               const Buffers& buffers) const noexcept;

  Engine::State& state_;
  const PackedSelfAttention& packed_;
  PassTensors tensors_;
  SequenceGroups groups_;
};

}  // namespace saccade::layers
