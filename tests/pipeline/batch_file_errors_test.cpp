#include "fixtures/expect_error.hpp"
#include "fixtures/paths.hpp"
#include "fixtures/temporary_folder.hpp"
#include "fixtures/tensors.hpp"
#include "pipeline/random_layer.hpp"
#include "saccade/run_files.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;

constexpr std::int64_t width = 8;

struct Fixture {
  Engine engine = Engine({.threads = 1});
  SelfAttention layer = random_layer(engine, width, 2, 4, 8);
  TemporaryFolder folder;

  /// The run must fail, and leave the folder as it was.
  void expect(ErrorCode code, std::initializer_list<std::string> parts, const std::filesystem::path& input,
              const BatchFileOptions& options = {}, const std::string& output = "out.npz") {
    const std::vector<std::string> before = folder.names();
    expect_error(code, parts, [&] { run_batch_file(engine, layer, input, folder / output, options); });
    CHECK(folder.names() == before);
  }
  std::filesystem::path input(const Integers& offsets, std::int64_t tokens = 4) {
    return write(folder / "in.npz", {{tokens, width}, random_floats(tokens * width, 1), offsets});
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "offsets that are no offsets") {
  const auto bad = ErrorCode::file_format;
  expect(bad, {"in.npz", "'offsets'", "element 0 is 1"}, input({1, 4}));
  expect(bad, {"in.npz", "'offsets'", "element 1 is 3", "element 2 is 2"}, input({0, 3, 2, 4}));
  expect(bad, {"in.npz", "'offsets'", "ends at 3", "4 tokens"}, input({0, 3}));
  expect(bad, {"in.npz", "'offsets'", "ends at 5", "4 tokens"}, input({0, 5}));
  expect(bad, {"in.npz", "'offsets'", "element 2 is -1"}, input({0, 2, -1, 4}));
  expect(bad, {"in.npz", "'offsets'", "[0]"}, input({}));
}

TEST_CASE_FIXTURE(Fixture, "x of another width, shape or type") {
  const auto path = write(folder / "wide.npy", {{3, 9}, random_floats(27, 1)});
  expect(ErrorCode::invalid_argument, {"wide.npy", "'x'", "[3, 9]", "9", "8"}, path);
  const auto flat = write(folder / "flat.npy", {{8}, random_floats(8, 1)});
  expect(ErrorCode::file_format, {"flat.npy", "'x'", "[8]"}, flat);
  TensorFileWriter writer(folder / "integers.npz", {{"x", StorageType::i64, {1, width}}});
  writer.append("x", Integers(width));
  writer.commit();
  expect(ErrorCode::file_format, {"integers.npz", "'x'", "i64"}, folder / "integers.npz");
  TensorFileWriter other(folder / "other.npz", {{"y", StorageType::i64, {0}}});
  other.commit();
  expect(ErrorCode::file_format, {"other.npz", "'x'", "'y'"}, folder / "other.npz");
}

TEST_CASE_FIXTURE(Fixture, "tensors of other names, which could change the result") {
  TensorFileWriter writer(folder / "in.npz",
                          {{.name = "x", .shape = {2, width}}, {"cu_seqlens", StorageType::i64, {3}}});
  writer.append("x", random_floats(2 * width, 1));
  writer.append("cu_seqlens", Integers{0, 1, 2});
  writer.commit();
  expect(ErrorCode::unsupported, {"in.npz", "tensor 'cu_seqlens' is not known here", "expected x"},
         folder / "in.npz");
  const BatchFileOptions ignored = {.ignored_tensors = {"cu_seqlens"}};
  CHECK(run_batch_file(engine, layer, folder / "in.npz", folder / "out.npz", ignored).sequences == 1);
  std::filesystem::remove(folder / "out.npz");
  expect(ErrorCode::file_format, {"has no tensor 'mask'"}, folder / "in.npz", {.ignored_tensors = {"mask"}});
}

TEST_CASE_FIXTURE(Fixture, "rows and sequences that are not there") {
  const auto path = input({0, 1, 4});
  const auto bad = ErrorCode::invalid_argument;
  expect(bad, {"in.npz", "row 2", "sequence 0", "length is 1"}, path, {.rows = {0, 2}});
  expect(bad, {"in.npz", "row 3", "sequence 1", "length is 3"}, path, {.rows = {3}, .sequences = {1}});
  expect(bad, {"in.npz", "row -1"}, path, {.rows = {-1}});
  expect(bad, {"in.npz", "sequence 2", "2 sequences"}, path, {.sequences = {0, 2}});
  expect(bad, {"in.npz", "0 after 1"}, path, {.sequences = {1, 0}});
  expect(bad, {"in.npz", "1 after 1"}, path, {.sequences = {1, 1}});
}

TEST_CASE_FIXTURE(Fixture, "an output that cannot hold what is to be written") {
  const auto path = input({0, 1, 4});
  const auto bad = ErrorCode::invalid_argument;
  expect(bad, {"out.npy", "in.npz", "offsets"}, path, {}, "out.npy");
  expect(bad, {"out.txt"}, path, {}, "out.txt");
  const auto matrix = write(folder / "matrix.npy", {{3, width}, random_floats(24, 1)});
  expect(bad, {"out.npy", "2"}, matrix, {.context = true}, "out.npy");
  expect(bad, {"in.npz"}, path, {}, "in.npz");
  expect(bad, {"out.npz"}, path, {.probabilities = folder / "out.npz"});
  expect(bad, {"maps.npy", "2"}, path, {.probabilities = folder / "maps.npy"});
  expect(ErrorCode::file_not_usable, {"missing/maps.npz"}, path,
         {.probabilities = folder / "missing/maps.npz"});
}

TEST_CASE_FIXTURE(Fixture, "a sequence that does not fit the memory limit") {
  const auto path = write(folder / "in.npz", random_states({1, 1000, 2}, width));
  expect(ErrorCode::memory_limit, {"in.npz", "sequence 1 of 1000 tokens", "the limit is 10000"}, path,
         {.max_memory = 10000});
  expect(ErrorCode::memory_limit, {"in.npz", "sequence 1", "the limit is 7000000"}, path,
         {.probabilities = folder / "maps.npz", .max_memory = 7'000'000});  // the maps take 8,000,000
  const auto many = write(folder / "many.npy", {{1000, 0, width}, {}});
  expect(ErrorCode::memory_limit, {"many.npy", "1000 sequences", "10000"}, many, {.max_memory = 10000});
}

TEST_CASE_FIXTURE(Fixture, "a request to stop") {
  const auto path = write(folder / "in.npz", random_states({100, 100, 100}, width));
  std::stop_source stop;
  BatchFileOptions options = {.max_memory = layer.workspace(engine, Integers{0, 100}) + 100 * 16 * 4 + 256,
                              .stop = stop.get_token()};
  options.on_progress = [&](const Progress& progress) {
    if (progress.sequences_done == 1) stop.request_stop();
  };
  expect(ErrorCode::cancelled, {"in.npz", "1 of 3"}, path, options);
  expect(ErrorCode::cancelled, {"in.npz", "0 of 3"}, path, options);
}

TEST_CASE_FIXTURE(Fixture, "a caller's exception passes, and nothing is left") {
  const auto path = input({0, 4});
  const auto refuse = [](const SequenceProbabilities&) { throw std::runtime_error("no"); };
  CHECK_THROWS_AS(run_batch_file(engine, layer, path, folder / "out.npz", {.on_probabilities = refuse}),
                  std::runtime_error);
  CHECK(folder.names() == std::vector<std::string>{"in.npz"});
}

TEST_CASE_FIXTURE(Fixture, "a full disk: neither output appears, and what was there stays") {
  if (test::lacks("/dev/full")) return;
  const auto path = input({0, 1, 4});
  const auto run = [&](const std::filesystem::path& output, const std::filesystem::path& maps) {
    expect_error(ErrorCode::file_not_usable, {"/dev/full"},
                 [&] { run_batch_file(engine, layer, path, output, {.probabilities = maps}); });
  };
  run(folder / "out.npz", "/dev/full");
  run("/dev/full", folder / "maps.npz");
  CHECK(folder.names() == std::vector<std::string>{"in.npz"});
  folder.write("out.npz", "before");
  folder.write("maps.npz", "before");
  run(folder / "out.npz", "/dev/full");
  run("/dev/full", folder / "maps.npz");
  CHECK(folder.names() == std::vector<std::string>{"in.npz", "maps.npz", "out.npz"});
  CHECK(read_bytes(folder / "out.npz") == "before");
  CHECK(read_bytes(folder / "maps.npz") == "before");
}

TEST_CASE_FIXTURE(Fixture, "outputs that exist are replaced when all are complete") {
  folder.write("out.npz", "before");
  folder.write("maps.npz", "before");
  run_batch_file(engine, layer, input({0, 4}), folder / "out.npz", {.probabilities = folder / "maps.npz"});
  CHECK(shape_of(folder / "out.npz", "z") == Integers{4, 8});
  CHECK(shape_of(folder / "maps.npz", "probabilities_0") == Integers{2, 4, 4});
  CHECK(folder.names() == std::vector<std::string>{"in.npz", "maps.npz", "out.npz"});
}
