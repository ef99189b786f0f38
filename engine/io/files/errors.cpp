#include "io/files/errors.hpp"

#include <system_error>

namespace saccade::io {

std::string to_string(const Place& place) {
  std::string text = place.file.string() + ": ";
  if (!place.tensor.empty()) text += "tensor '" + printable(place.tensor) + "': ";
  return text;
}

Error format_error(const Place& place, const std::string& what) {
  return {ErrorCode::file_format, to_string(place) + what};
}

Error argument_error(const Place& place, const std::string& what) {
  return {ErrorCode::invalid_argument, to_string(place) + what};
}

Error system_error(const std::filesystem::path& file, const std::string& action, int error_number) {
  const std::string reason = std::generic_category().message(error_number);
  return {ErrorCode::file_not_usable, to_string({file}) + "cannot " + action + ": " + reason};
}

}  // namespace saccade::io
