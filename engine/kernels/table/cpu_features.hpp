#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "saccade/isa.hpp"

namespace saccade::kernels {

/// A CPU feature by the name that isas.inc and cpu_features() give it.
struct Feature {
  std::string_view name;
  bool present;  ///< and its registers are saved by the operating system
};

/// Every feature that this build can detect.
const std::vector<Feature>& cpu_feature_list();

/// The features that kernels for `isa` need: its line in isas.inc.
std::vector<std::string_view> features_needed(Isa isa);

/// Whether this CPU has them all.
bool cpu_supports(Isa isa);

/// The most prefetches in a round of a tile's loop: Prefetcher's `most`. An Intel core keeps each request in
/// one of the sixteen buffers that its own loads need too, so that more than three a round make tiles wait
/// (products of 16 rows take 5 % longer with four, 15 % with eight; Sapphire Rapids). An AMD core does not
/// (Zen 5).
int max_prefetch_rate() noexcept;

/// MatmulBlock::widen_once_rows of this CPU. On AMD's Zen 5 (measured with AVX-512) converting what a tile
/// loads costs it 2 to 4 %, and storing that 25 %, so that storing pays from twelve tiles on. Intel's CPUs
/// (not measured) convert in the ports that multiply-adds use and store in others: there storing pays from
/// the second tile on.
std::ptrdiff_t widen_once_rows() noexcept;

}  // namespace saccade::kernels
