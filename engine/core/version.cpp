#include "saccade/version.hpp"

namespace saccade {

std::string_view version() noexcept {
  return SACCADE_VERSION;
}

}  // namespace saccade
