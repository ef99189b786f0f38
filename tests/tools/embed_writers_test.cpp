// `saccade embed`: one writer of an output at a time, and files of other owners.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "fixtures/expect_error.hpp"
#include "tools/embed_job.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

template <class Condition>
void wait_until(Condition condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  REQUIRE(condition());
}

struct Fixture : EmbedJob {
  fs::path input = folder.write("in.txt", "one\ntwo\n");
  fs::path pipe = folder / "pipe.txt";

  Fixture() { REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0); }
  void refuses(const Finished& finished, const std::string& what) const {
    CHECK(finished.exit_code == 1);
    check_contains(finished.err, {what});
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a job that reads a pipe keeps every other from its output") {
  for (const bool follows_a_pipe : {true, false}) {
    RunningCommand first(arguments(pipe, "out.npy"));
    std::ofstream texts(pipe);
    texts << "first\n" << std::flush;
    wait_until([&] { return fs::exists(folder / "out.npy.manifest"); });
    refuses(follows_a_pipe ? run("-", "out.npy", {}, {.input = "other\n"}) : run(input, "out.npy"),
            "out.npy.partial: is in use by another run");
    CHECK(!fs::exists(folder / "out.npy"));
    texts << "second\n";
    texts.close();
    CHECK(first.wait().exit_code == 0);
    CHECK(read_floats(folder / "out.npy", "x") == vectors({"first", "second"}));
    CHECK(folder.names() == Names{"in.txt", "out.npy", "pipe.txt"});
    fs::remove(folder / "out.npy");
  }
}

TEST_CASE_FIXTURE(Fixture, "a job with a journal keeps one that reads a pipe from its output") {
  const fs::path many = folder.write("many.txt", made_up_lines(3000));
  const std::string expected = embed(many, "expected.npy");
  RunningCommand first(arguments(many, "out.npy", {"--threads", "1", "--token-budget", "64"}));
  wait_until([&] { return fs::exists(folder / "out.npy.manifest"); });
  refuses(run("-", "out.npy", {}, {.input = "other\n"}), "is in use by another run");
  CHECK(first.wait().exit_code == 0);
  CHECK(read_bytes(folder / "out.npy") == expected);
}

TEST_CASE_FIXTURE(Fixture, "what a killed job that read a pipe has left is not in the way") {
  {
    RunningCommand killed(arguments(pipe, "out.npy"));
    std::ofstream texts(pipe);
    texts << "first\n" << std::flush;
    wait_until([&] { return fs::exists(folder / "out.npy.manifest"); });
    killed.send(SIGKILL);
    killed.wait();
  }
  CHECK(folder.names() == Names{"in.txt", "out.npy.manifest", "out.npy.partial", "pipe.txt"});
  CHECK(embed("-", "out.npy", {}, {.input = "a\nb\n"}).size() == 128 + 2 * 512);
  CHECK(folder.names() == Names{"in.txt", "out.npy", "pipe.txt"});
}

TEST_CASE_FIXTURE(Fixture, "files of other owners are neither written nor removed") {
  folder.write("victim", "victim");
  const auto stays = [&](const std::string& name, const std::string& what) {
    const std::vector<std::string> before = folder.names();
    refuses(run(input, "out.npy"), what);
    refuses(run(input, "out.npy", {"--resume"}), what);
    refuses(run("-", "out.npy", {}, {.input = "a\n"}), what);
    CHECK(folder.names() == before);
    CHECK(read_bytes(folder / "victim") == "victim");
    fs::remove(folder / name);
  };
  for (const std::string name : {"out.npy.partial", "out.npy.manifest"}) {
    fs::create_symlink("victim", folder / name);
    stays(name, name + ": is a symbolic link; expected no file of this name");
    fs::create_symlink("missing", folder / name);
    stays(name, name + ": is a symbolic link");
    for (const std::string text : {"my own notes", "my own notes\n"}) {
      folder.write(name, text);
      const std::string what = name == "out.npy.partial" ? ": is not what an unfinished run has left"
                                                         : ": is not the journal of a run of saccade embed";
      refuses(run(input, "out.npy"), name + what);
      CHECK(read_bytes(folder / name) == text);
      stays(name, name + what);
    }
  }
  CHECK(run(input, "out.npy").exit_code == 0);
}

TEST_CASE_FIXTURE(Fixture, "links to outputs, their modes, and the names of the standard output") {
  const std::string expected = embed(input, "expected.npy");
  fs::create_directory(folder / "far");
  fs::create_symlink("far/new.npy", folder / "out.npy");
  CHECK(embed(input, "out.npy") == expected);
  CHECK(fs::is_symlink(folder / "out.npy"));
  CHECK(read_bytes(folder / "far/new.npy") == expected);
  fs::permissions(folder / "far/new.npy", fs::perms::owner_read | fs::perms::owner_write);
  CHECK(embed(input, "out.npy") == expected);
  CHECK(fs::status(folder / "far/new.npy").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  const std::string lines = run_command({"embed", input, "--model", model, "-o", "-"}).out;
  for (const std::string name : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}) {
    const Finished finished = run_command({"embed", input, "--model", model, "-o", name});  // to a file
    CHECK(finished.exit_code == 0);
    CHECK(finished.out == lines);
  }
}
