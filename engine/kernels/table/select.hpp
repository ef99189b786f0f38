#pragma once

#include <optional>
#include <span>
#include <string>

#include "kernels/table/kernel_table.hpp"

namespace saccade::kernels {

/// The tables of this build, from slowest to fastest.
std::span<const IsaTable* const> compiled_tables() noexcept;

struct Selection {
  const KernelTable* kernels;
  std::string reason;  ///< why this ISA
};

/// The kernels of the ISA named by the caller; else of $SACCADE_ISA, read here and nowhere else; else of the
/// fastest that the CPU supports. Throws Error naming what is supported where that ISA cannot run here.
Selection select_kernels(std::optional<Isa> asked, Accumulation accumulation);

}  // namespace saccade::kernels
