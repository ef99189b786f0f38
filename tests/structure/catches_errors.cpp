// A program that uses the shared library: its exceptions cross the border by their type.

#include <saccade/saccade.hpp>

int main() {
  try {
    saccade::Engine engine({.threads = -1});
  } catch (const saccade::Error& error) {
    return error.code() == saccade::ErrorCode::invalid_argument ? 0 : 2;
  }
  return 1;
}
