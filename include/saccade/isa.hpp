#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "saccade/export.hpp"

namespace saccade {

/// An instruction set that kernels are compiled for. Results have the same bits on every one of them.
enum class Isa {
  scalar,  ///< portable C++ with std::fma; runs everywhere, slowly
  avx2,    ///< x86-64 with AVX2, FMA and F16C
  avx512,  ///< x86-64 with AVX-512 F, CD, BW, DQ and VL
  neon,    ///< aarch64 Advanced SIMD
};

/// "scalar", "avx2", "avx512" or "neon".
SACCADE_API [[nodiscard]] std::string_view to_string(Isa isa) noexcept;

/// The ISA of that name; nothing for any other text.
SACCADE_API [[nodiscard]] std::optional<Isa> parse_isa(std::string_view name) noexcept;

/// The ISAs that this build has kernels for, from slowest to fastest.
SACCADE_API [[nodiscard]] std::vector<Isa> compiled_isas();

/// The compiled ISAs that this CPU and its operating system can run, from slowest to fastest.
SACCADE_API [[nodiscard]] std::vector<Isa> supported_isas();

/// The detected CPU features by which supported_isas() is decided, as "avx2 fma f16c ...".
SACCADE_API [[nodiscard]] std::string cpu_features();

}  // namespace saccade
