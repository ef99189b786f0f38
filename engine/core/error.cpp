#include "saccade/error.hpp"

#include <string>

namespace saccade {
namespace {

constexpr std::size_t longest_message = 4000;

/// Names and shapes in a message come from files, where they may have megabytes: cut after a whole character.
std::string bounded(const std::string& message) {
  if (message.size() <= longest_message) return message;
  std::size_t size = longest_message;
  while (size > 0 && (static_cast<unsigned char>(message[size]) & 0xc0u) == 0x80u) --size;
  return message.substr(0, size) + "... (" + std::to_string(message.size() - size) + " bytes more)";
}

}  // namespace

Error::Error(ErrorCode code, const std::string& message)
    : std::runtime_error(bounded(message)), code_(code) {}

}  // namespace saccade
