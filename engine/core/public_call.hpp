#pragma once

namespace saccade::core {

/// Called in the `catch (...)` of a public function: rethrows what was caught, as an Error where the standard
/// library has thrown it, so that the library throws nothing else. What a caller's callback throws passes
/// through as it is, unless it is one of these.
[[noreturn]] void rethrow_as_error();

}  // namespace saccade::core
