#pragma once

#include <cstdint>
#include <filesystem>

namespace saccade::command {

/// Counts the memory that `saccade attend` is about to allocate.
class AttendMemory {
 public:
  /// `most`: bytes; 0: default_memory_limit().
  AttendMemory(std::filesystem::path input, std::uint64_t most);

  /// Throws Error{memory_limit} naming the input where these bytes and those before are more than allowed.
  void take(double bytes, const char* what);

 private:
  std::filesystem::path input_;
  std::uint64_t most_;
  double taken_ = 0;
};

}  // namespace saccade::command
