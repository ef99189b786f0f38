// A program with a oneTBB arena of its own: saccade runs in it, on the arena's threads.

#include <oneapi/tbb/task_arena.h>
#include <saccade/saccade.hpp>
#include <saccade/tbb.hpp>

#include <cstdio>
#include <string>
#include <vector>

int main() {
  oneapi::tbb::task_arena arena(2);
  saccade::Engine engine = saccade::engine_in_arena(arena);
  const auto encoder = saccade::Encoder::load(engine, "tools/models/saccade-mini");
  const std::vector<std::string> texts(64, "Call me Ishmael.");
  const std::vector<float> vectors = encoder.embed(engine, texts);

  saccade::Engine one_thread({.threads = 1});  // a second engine at the same time: the same bits
  const bool same = encoder.embed(one_thread, texts) == vectors;
  std::printf("%d threads, %s; the same bits as one: %s\n", engine.threads(), engine.threads_reason().c_str(),
              same ? "yes" : "no");
  return same ? 0 : 1;
}
