#pragma once

#include <cfenv>

namespace saccade::core {

/// Rounding to nearest, subnormals kept and exceptions masked while it lives, whatever the host's thread has
/// set: results and what is computed while loading have the same bits in every host.
class DefaultFloatingPoint {
 public:
  DefaultFloatingPoint() noexcept;
  DefaultFloatingPoint(const DefaultFloatingPoint&) = delete;
  DefaultFloatingPoint& operator=(const DefaultFloatingPoint&) = delete;
  ~DefaultFloatingPoint();

 private:
  const bool usual_;  // nothing to do: the standard's functions take longer than all else around a small call
  std::fenv_t saved_;
};

}  // namespace saccade::core
