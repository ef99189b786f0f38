#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ops/attention.hpp"
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

/// One pass of a batch through a layer, in groups of neighbouring sequences: project to q, k, v; attend;
/// project out. Groups keep the workspace from growing with the batch.
class SelfAttentionPass {
 public:
  SelfAttentionPass(Engine::State& state, const PackedSelfAttention& packed, const PassTensors& tensors);

  [[nodiscard]] std::size_t workspace() const noexcept;
  void run();

 private:
  /// Sequences first to last - 1.
  struct Group {
    std::size_t first, last;
  };
  /// Pieces of the workspace, each large enough for any group.
  struct Buffers {
    float* rows_of_x;  ///< the vector form's query tokens [rows][width]
    float* q;          ///< the vector form's queries [rows][part]
    float* qkv;        ///< [tokens][3 part], or [tokens][2 part] without q
    float* context;    ///< [rows][context_width]
    ProbabilitiesRequest* requests;
    std::byte* op;  ///< workspace of the op that runs
  };

  [[nodiscard]] bool vector_form() const noexcept { return !tensors_.positions.empty(); }
  [[nodiscard]] std::size_t sequences() const noexcept { return tensors_.offsets.size() - 1; }
  [[nodiscard]] std::int64_t tokens(const Group& group) const noexcept {
    return tensors_.offsets[group.last] - tensors_.offsets[group.first];
  }
  [[nodiscard]] std::int64_t rows(const Group& group) const noexcept;
  [[nodiscard]] std::int64_t first_row(const Group& group) const noexcept;
  [[nodiscard]] Group group_from(std::size_t first) const noexcept;
  [[nodiscard]] ops::AttentionProblem problem(const Group& group, const Buffers& buffers) const noexcept;
  void lay_out(scheduler::Carver& carver, Buffers& buffers) const noexcept;
  void run_group(const Group& group, const Buffers& buffers) const;
  void project(const Group& group, const Buffers& buffers) const;
  [[nodiscard]] MatrixView context_rows(const Group& group, const Buffers& buffers) const noexcept;
  [[nodiscard]] std::span<const ProbabilitiesRequest> requests(const Group& group,
                                                               const Buffers& buffers) const noexcept;

  Engine::State& state_;
  const PackedSelfAttention& packed_;
  PassTensors tensors_;
};

}  // namespace saccade::layers
