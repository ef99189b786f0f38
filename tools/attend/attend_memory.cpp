#include "attend/attend_memory.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "saccade/error.hpp"
#include "saccade/run_files.hpp"

namespace saccade::command {

AttendMemory::AttendMemory(std::filesystem::path input, std::uint64_t most)
    : input_(std::move(input)), most_(most > 0 ? most : default_memory_limit()) {}

void AttendMemory::take(double bytes, const char* what) {
  taken_ += bytes;
  if (taken_ <= static_cast<double>(most_)) return;
  // Beyond 2^63 the number of digits says enough.
  const auto needed = static_cast<std::uint64_t>(std::min(taken_, 0x1p63));
  throw Error(ErrorCode::memory_limit, input_.string() + ": " + what + " needs " + std::to_string(needed) +
                                           " bytes of work memory, the limit is " + std::to_string(most_) +
                                           "; --max-memory sets another");
}

}  // namespace saccade::command
