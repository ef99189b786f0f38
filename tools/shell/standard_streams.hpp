#pragma once

namespace saccade::command {

/// Opens /dev/null for each of the descriptors 0, 1 and 2 that the caller has closed, so that no file gets
/// the number of a standard stream: messages would be written into it, or its bytes read as the input. A
/// replaced standard input cannot be read and a replaced standard output cannot be written: to use them is an
/// error, not an empty input or a lost result. Messages to a replaced standard error are lost. Call this
/// before anything opens a file.
void open_standard_streams() noexcept;

}  // namespace saccade::command
