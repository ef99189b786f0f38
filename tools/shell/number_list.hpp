#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace saccade::command {

/// The parts of "a,b,c". Throws CLI::ValidationError naming `option` where one is empty.
[[nodiscard]] std::vector<std::string> list_in(const std::string& option, const std::string& text);

/// The numbers of a list such as 16,128-1024*2,1100-1300+100: a number, first-last in steps of 1,
/// first-last+step, or first-last*factor. Throws CLI::ValidationError naming `option` where a number is below
/// `least` or a range has no end.
[[nodiscard]] std::vector<std::int64_t> numbers_in(const std::string& option, const std::string& text,
                                                   std::int64_t least);

}  // namespace saccade::command
