// SIGINT, SIGTERM and SIGHUP during a run: it stops in good order, and leaves nothing.
// tests/faults/signals.sh has the other commands.

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "fixtures/tensors.hpp"
#include "tools/command.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;

constexpr std::int64_t width = 128;

/// Some seconds of work for one thread of scalar code, in windows of about a tenth of a second.
struct Fixture {
  TemporaryFolder folder;
  Arguments arguments;

  Fixture() {
    std::vector<TensorInfo> tensors;
    for (const std::string name : {"query", "key", "value", "output"})
      tensors.push_back({name + ".weight", StorageType::f32, {width, width}});
    TensorFileWriter writer(folder / "w.safetensors", tensors);
    for (const TensorInfo& tensor : tensors) writer.append(tensor.name, random_floats(width * width, 1));
    writer.commit();
    write(folder / "in.npz", random_states(Integers(200, 512), width));
    arguments = {"run",
                 folder / "in.npz",
                 "--weights",
                 folder / "w.safetensors",
                 "--heads",
                 "4",
                 "-o",
                 folder / "out.npz",
                 "--probabilities",
                 folder / "maps.npz",
                 "--context",
                 "--progress",
                 "always",
                 "--isa",
                 "scalar",
                 "--threads",
                 "1",
                 "--max-memory",
                 "32M"};
  }
};

void wait_until_it_works(const RunningCommand& command) {
  for (int i = 0; i < 6000 && command.err().find("of 200 sequences") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "stop signals") {
  const std::vector<std::string> before = folder.names();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    RunningCommand command(arguments);
    wait_until_it_works(command);
    command.send(signal);
    const Finished finished = command.wait();
    CHECK(finished.exit_code == 128 + signal);
    check_contains(finished.err, {"saccade: error: ", "in.npz", "stopped", "of 200 sequences"});
    CHECK(folder.names() == before);
  }
}
