#include "core/public_call.hpp"

#include <filesystem>
#include <new>
#include <stdexcept>

#include "core/printable.hpp"
#include "saccade/error.hpp"

namespace saccade::core {
namespace {

/// Made at the start, and copied without an allocation: there may be no memory for a message.
const Error out_of_memory(ErrorCode::out_of_memory,
                          "out of memory; expected more of it, or a smaller max_memory or batch");

}  // namespace

void rethrow_as_error() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    throw out_of_memory;
  } catch (const std::length_error&) {
    throw out_of_memory;
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::file_not_usable,
                printable(error.path1().string()) + ": " + error.code().message());
  }
}

}  // namespace saccade::core
