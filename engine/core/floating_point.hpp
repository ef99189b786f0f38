#pragma once

#include <cfenv>

namespace saccade::core {

/// Sets rounding to nearest, keeps subnormals and masks exceptions while it lives, whatever the calling
/// thread had set, so that results and tables computed at load have the same bits in every host.
class DefaultFloatingPoint {
 public:
  DefaultFloatingPoint() noexcept;
  DefaultFloatingPoint(const DefaultFloatingPoint&) = delete;
  DefaultFloatingPoint& operator=(const DefaultFloatingPoint&) = delete;
  ~DefaultFloatingPoint();

 private:
  const bool usual_;  // then nothing is set: fesetenv takes longer than a small call
  std::fenv_t saved_;
};

}  // namespace saccade::core
