#pragma once

namespace saccade::command {

/// From here on the first SIGINT or SIGTERM is remembered instead of ending the process; a second one ends
/// it.
void catch_stop_signals();

/// The signal that came, or 0.
[[nodiscard]] int stop_signal() noexcept;

}  // namespace saccade::command
