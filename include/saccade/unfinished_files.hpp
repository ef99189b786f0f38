#pragma once

#include "saccade/export.hpp"

namespace saccade {

/// Removes the files of outputs that this process is writing and has not completed: the hidden files beside
/// them, and those of embed_files() that it could not resume. For the handler of a signal that ends the
/// process, since destructors, which remove these files otherwise, do not run then: it is async-signal-safe.
/// Writers that are in use afterwards fail, or write files without a name.
///
/// @code
/// #include <csignal>
/// #include <cstdlib>
/// std::signal(SIGTERM, [](int signal) {
///   saccade::remove_unfinished_files();
///   std::_Exit(128 + signal);
/// });
/// @endcode
SACCADE_API void remove_unfinished_files() noexcept;

}  // namespace saccade
