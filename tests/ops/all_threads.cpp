#include "ops/attention/attention.hpp"

namespace saccade::ops {
namespace {

/// In this program small problems go to all threads, too.
[[maybe_unused]] const bool all_threads = [] {
  thread_work = 1;
  return true;
}();

}  // namespace
}  // namespace saccade::ops
