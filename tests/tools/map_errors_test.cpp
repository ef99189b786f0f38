// `saccade map` on what is wrong: a message that says what, where and what was expected, an exit code, and
// nothing left behind.

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>

#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "tools/map_file.hpp"

namespace saccade::test {
namespace {

constexpr int bad_input = 1, wrong_usage = 2;

/// A folder whose files stay as they are, and maps that must fail.
struct Refusals {
  TemporaryFolder folder;

  void expect(int exit_code, std::initializer_list<std::string> parts, Arguments arguments,
              const std::string& input = "") const {
    arguments.insert(arguments.begin(), "map");
    const std::vector<std::string> before = folder.names();
    const Finished finished = run_command(arguments, {.input = input});
    CHECK(finished.exit_code == exit_code);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("saccade: error: "));
    check_contains(finished.err, parts);
    CHECK(folder.names() == before);
  }
  [[nodiscard]] std::string operator/(const std::string& name) const { return folder / name; }
};

/// While it lives, processes that are started get no more than so much memory.
class MemoryLimit {
 public:
  explicit MemoryLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_AS, &before_);
    const rlimit limit = {.rlim_cur = std::min(bytes, before_.rlim_max), .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_AS, &limit);
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  ~MemoryLimit() { ::setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_ = {};
};

/// Zeros of that shape, of which the disk holds none.
std::filesystem::path write_sparse_npy(const std::filesystem::path& path,
                                       const std::vector<std::int64_t>& shape) {
  std::string sizes;
  std::uintmax_t bytes = sizeof(float);
  for (const std::int64_t size : shape) {
    sizes += std::to_string(size) + ", ";
    bytes *= static_cast<std::uintmax_t>(size);
  }
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + sizes + "), }";
  header.resize(117, ' ');  // with what stands before it, and the line's end, 128
  std::ofstream(path, std::ios::binary) << std::string("\x93NUMPY\x01\x00\x76\x00", 10) << header << '\n';
  std::filesystem::resize_file(path, 128 + bytes);
  return path;
}

}  // namespace

TEST_CASE("probabilities that do not fit the memory are counted, and the ways around them named") {
  const Refusals refused;
  const auto from = write_sparse_npy(refused / "huge.npy", {100, 12, 20'000, 20'000});
  const MemoryLimit limit(rlim_t{64} << 30);
  refused.expect(bad_input, {"1920.0 GB", "100 layers of 12 heads", "20,000 keys", "--token", "--top"},
                 {"--from", from, "-o", refused / "map.html"});
  refused.expect(bad_input, {"no layer 100"}, {"--from", from, "--layer", "100"});
}

TEST_CASE("a layer, head or format that is not there is refused with those that are") {
  const Refusals refused;
  refused.expect(bad_input, {"no layer 4", "0 to 3"}, {law, "--layer", "4"});
  refused.expect(bad_input, {"no head 4", "0 to 3"}, {law, "--head", "4"});
  refused.expect(bad_input, {"no head 4", "0 to 3"}, {law, "--head", "4", "--top", "2"});
  refused.expect(bad_input, {"no layer 7", "0 to 3"}, {law, "--layer", "7", "--rollout"});
  refused.expect(wrong_usage, {"'first'", "mean"}, {law, "--head", "first"});
  refused.expect(wrong_usage, {"'-1'", "whole number"}, {law, "--layer", "-1"});
  refused.expect(wrong_usage, {"'gif'", "svg", "npy"}, {law, "-o", refused / "map.gif"});
  refused.expect(wrong_usage, {"says no format", "svg", "npy"}, {law, "-o", refused / "map"});
}

TEST_CASE("options that do not go together are refused") {
  const Refusals refused;
  refused.expect(wrong_usage, {"--top", "json"}, {law, "--top", "2", "-o", refused / "map.svg"});
  refused.expect(wrong_usage, {"--top", "--token"}, {law, "--top", "2", "--head", "mean"});
  refused.expect(wrong_usage, {"--stats"}, {law, "--stats", "--token", "its"});
  refused.expect(wrong_usage, {"--from"}, {law, "--from", refused / "map.npy"});
  refused.expect(wrong_usage, {"--file"}, {law, "--file", "-"});
  refused.expect(wrong_usage, {"npy", "-o"}, {law, "--format", "npy"});
}

TEST_CASE("a text without words is refused, wherever it comes from") {
  const Refusals refused;
  const std::string nothing = refused.folder.write("nothing.txt", " \n");
  refused.expect(bad_input, {"the text is empty", "expected"}, {""});
  refused.expect(bad_input, {"the text is empty"}, {" \t", "-o", refused / "map.svg"});
  refused.expect(bad_input, {"the second text is empty"}, {law, ""});
  refused.expect(bad_input, {"the first text is empty"}, {"", law});
  refused.expect(bad_input, {"the text is empty"}, {});
  refused.expect(bad_input, {"the text is empty"}, {"--file", "-"}, "\n\n");
  refused.expect(bad_input, {"the text is empty"}, {"--file", nothing});
}

TEST_CASE("files that cannot be read or written are named, and what was there stays") {
  const Refusals refused;
  refused.expect(bad_input, {"none.npy"}, {"--from", refused / "none.npy"});
  refused.expect(bad_input, {"none.txt: cannot open"}, {"--file", refused / "none.txt"});
  for (const std::string name : {"no-folder/map.svg", "no-folder/map.npy"})
    refused.expect(bad_input, {refused / name + ":", "No such file"}, {law, "-o", refused / name});
  refused.expect(bad_input, {refused.folder.path().string() + ": cannot write", "directory"},
                 {law, "--format", "svg", "-o", refused.folder.path()});
  refused.expect(bad_input, {"/dev/full: cannot write", "space"},
                 {law, "--format", "svg", "-o", "/dev/full"});
  const std::filesystem::path text = refused.folder.write("text.txt", law);
  refused.expect(bad_input, {"text.txt", "read as"}, {"--file", text, "-o", text});
  refused.expect(bad_input, {"no layer 9"}, {law, "--layer", "9", "-o", text});
  CHECK(read_bytes(text) == law);
}

TEST_CASE("files of the model, and files of other owners, are not written over") {
  namespace fs = std::filesystem;
  const Refusals refused;
  fs::copy(sample_model_path(), refused.folder / "model", fs::copy_options::recursive);
  const std::string config = read_bytes(refused.folder / "model/config.json");
  for (const std::string name : {"model/config.json", "model/model.safetensors"})
    refused.expect(bad_input, {name + ": is to be written, but is a file of the model too"},
                   {law, "--model", refused / "model", "-o", refused / name});
  CHECK(read_bytes(refused.folder / "model/config.json") == config);
}

TEST_CASE("an output behind a link, and of the mode that it had") {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  fs::create_directory(folder / "far");
  fs::create_symlink("far/map.svg", folder / "map.svg");
  CHECK(run_map({law, "-o", folder / "map.svg"}).exit_code == 0);
  CHECK(fs::is_symlink(folder / "map.svg"));
  const std::string svg = read_bytes(folder / "far/map.svg");
  CHECK(svg.starts_with("<svg"));
  const fs::perms mine = fs::perms::owner_read | fs::perms::owner_write;
  fs::permissions(folder / "far/map.svg", mine);
  CHECK(run_map({law, "-o", folder / "map.svg"}).exit_code == 0);
  CHECK(fs::status(folder / "far/map.svg").permissions() == mine);
  // Whatever is behind the standard output: here a file.
  CHECK(run_map({law, "--format", "svg", "-o", "/dev/stdout"}).out == svg);
}

TEST_CASE("of several equal tokens the first is taken, and the user told") {
  const Finished several = run_map({"Be just, be kind: to be", "--token", "be"});
  check_contains(several.err, {"3 tokens 'be'", "#1", "be:2"});
  CHECK(run_map({"Be just, be kind: to be", "--token", "be:2"}).err.empty());
  CHECK(run_map({law, "--token", "its"}).err.empty());
}

}  // namespace saccade::test
