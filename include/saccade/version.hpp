#pragma once

#include <string>
#include <string_view>

#include "saccade/export.hpp"

/// Attention and transformer encoders on CPUs: see attention(), SelfAttention, Encoder, Tokenizer and
/// embed_files().
namespace saccade {

/// The library's version, "major.minor.patch".
SACCADE_API [[nodiscard]] std::string_view version() noexcept;
/// The number of the numerical contract (docs/numerics.md) behind the library's results: those of versions
/// with the same number are the same bits.
inline constexpr int numerical_contract = 2;
/// The version of the oneTBB library that is loaded, such as "2021.8".
SACCADE_API [[nodiscard]] std::string tbb_version();

}  // namespace saccade
