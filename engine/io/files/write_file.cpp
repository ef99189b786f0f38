#include "saccade/write_file.hpp"

#include <span>

#include "core/public_call.hpp"
#include "io/files/output_file.hpp"

namespace saccade {

void write_file(const std::filesystem::path& path, std::string_view bytes) try {
  io::OutputFile file(path);
  file.write(0, std::as_bytes(std::span(bytes)));
  file.finish();
  file.commit();
} catch (...) {
  core::rethrow_as_error();
}

}  // namespace saccade
