#pragma once

#include <stdexcept>
#include <string>

#include "saccade/export.hpp"

namespace saccade {

/// The kind of an Error. Its message has the names and numbers, and what was expected instead.
enum class ErrorCode {
  invalid_argument,  ///< sizes, offsets or options that do not fit together
  unsupported,       ///< valid, but not implemented by this library, this build or this CPU
  file_not_usable,   ///< cannot be opened, read or written
  file_format,       ///< readable, but truncated, corrupt or of another format
  memory_limit,      ///< does not fit the memory that the caller allows
  out_of_memory,     ///< the system has no memory left
  cancelled,         ///< a stop was requested
};

/// The one exception type that the library throws. A call validates its arguments first and throws before it
/// writes any output; the computation itself does not throw. What a callback of the caller throws passes
/// through, but for std::bad_alloc, std::length_error and std::filesystem::filesystem_error.
///
/// @code
/// try {
///   saccade::attention(engine, {q, k, v, out, offsets});
/// } catch (const saccade::Error& error) {
///   if (error.code() != saccade::ErrorCode::invalid_argument) throw;
///   std::puts(error.what());  // "k.head_dim is 32; expected 64, as q.head_dim"
/// }
/// @endcode
class SACCADE_API Error : public std::runtime_error {
 public:
  /// An error of this kind; `message` is what what() returns, cut after about 4,000 bytes.
  Error(ErrorCode code, const std::string& message);
  /// The kind of error.
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace saccade
