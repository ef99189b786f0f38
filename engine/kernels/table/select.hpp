#pragma once

#include <optional>
#include <span>
#include <string>

#include "kernels/table/kernel_table.hpp"

namespace saccade::kernels {

/// The tables of this build, from slowest to fastest.
std::span<const KernelTable* const> compiled_tables() noexcept;

struct Selection {
  const KernelTable* table;
  std::string reason;
};

/// The table for the ISA asked for; else for $SACCADE_ISA, read here and nowhere else; else the fastest that
/// the CPU supports. Throws Error naming what is supported where that cannot be had.
Selection select_table(std::optional<Isa> asked);

}  // namespace saccade::kernels
