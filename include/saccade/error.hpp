#pragma once

#include <stdexcept>
#include <string>

#include "saccade/export.hpp"

namespace saccade {

/// What kind of thing went wrong; the message of the Error says which one, where, and what was expected.
enum class ErrorCode {
  invalid_argument,  ///< sizes, offsets, options that do not fit together
  unsupported,       ///< valid, but not for this library, this build or this CPU
  file_not_usable,   ///< cannot be opened, read or written
  file_format,       ///< readable, but truncated, corrupt or of another format
  memory_limit,      ///< does not fit the memory that the caller allows
  cancelled,         ///< a stop was requested
};

/// The one exception of the library. Thrown before any output is touched; inside a computation nothing can
/// fail.
class SACCADE_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace saccade
