#include <doctest/doctest.h>

#include "fixtures/temporary_folder.hpp"
#include "fixtures/tensors.hpp"
#include "pipeline/random_layer.hpp"
#include "saccade/run_files.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;

constexpr std::int64_t width = 20;
constexpr std::int64_t heads = 3;
constexpr std::int64_t context_width = 21;
constexpr std::int64_t output_width = 18;
const Integers lengths = {5, 1, 0, 33, 12, 7, 2, 90, 1, 1};

/// An engine, a layer, and a folder to work in.
struct Fixture {
  Engine engine = Engine({.threads = 2});
  SelfAttention layer = random_layer(engine, width, heads, context_width / heads, output_width);
  TemporaryFolder folder;
  States states = random_states(lengths, width);
  std::filesystem::path input = write(folder / "in.npz", states);

  BatchFileSummary run(const std::string& output, const BatchFileOptions& options = {}) {
    return run_batch_file(engine, layer, input, folder / output, options);
  }
  /// All of it by one call of the layer.
  Floats forward() {
    const std::int64_t tokens = states.shape[0];
    Floats z(static_cast<std::size_t>(tokens * output_width));
    layer.forward(engine, {{states.x.data(), tokens, width, width}, *states.offsets},
                  {z.data(), tokens, output_width, output_width});
    return z;
  }
};

std::size_t index(std::int64_t number) {
  return static_cast<std::size_t>(number);
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "z and offsets are written, with the bits of the layer") {
  const BatchFileSummary summary = run("out.npz");
  CHECK(read_floats(folder / "out.npz", "z") == forward());
  CHECK(read_integers(folder / "out.npz", "offsets") == *states.offsets);
  CHECK(summary.sequences == 10);
  CHECK(summary.tokens == 152);
  CHECK(summary.nan_tokens == 0);
  CHECK(summary.flops == layer.flops(*states.offsets));
  CHECK(folder.names() == std::vector<std::string>{"in.npz", "out.npz"});
}

TEST_CASE_FIXTURE(Fixture, "offsets keep their type") {
  states.offsets_type = StorageType::i32;
  input = write(folder / "in32.safetensors", states);
  run("out.safetensors");
  const TensorFile file = TensorFile::open(folder / "out.safetensors");
  CHECK(file.at("offsets").type == StorageType::i32);
  CHECK(file.read_integers("offsets") == *states.offsets);
}

TEST_CASE_FIXTURE(Fixture, "a file larger than the window: the same bytes, and progress between windows") {
  BatchFileOptions options = {.context = true, .probabilities = folder / "maps-one.npz"};
  std::vector<Progress> one;
  options.on_progress = [&](const Progress& progress) { one.push_back(progress); };
  run("one.npz", options);
  CHECK(one.size() == 2);

  // Just enough for the sequence of 90 tokens.
  std::vector<Progress> many;
  options.on_progress = [&](const Progress& progress) { many.push_back(progress); };
  options.probabilities = folder / "maps-many.npz";
  options.max_memory = layer.workspace(engine, Integers{0, 90}) +
                       90 * 4 * (width + output_width + context_width) + heads * 90 * 90 * 4 + 256;
  run("many.npz", options);
  CHECK(many.size() > 3);
  CHECK(many.front().tokens_done == 0);
  CHECK(many.back().tokens_done == 152);
  CHECK(many.back().sequences_done == 10);
  for (std::size_t i = 1; i < many.size(); ++i) {
    CHECK(many[i].sequences_done > many[i - 1].sequences_done);
    CHECK(many[i].sequences == 10);
    CHECK(many[i].tokens == 152);
  }
  CHECK(read_bytes(folder / "many.npz") == read_bytes(folder / "one.npz"));
  CHECK(read_bytes(folder / "maps-many.npz") == read_bytes(folder / "maps-one.npz"));
}

TEST_CASE_FIXTURE(Fixture, "work memory stays under the limit") {
  Engine own({.threads = 2});
  const std::size_t limit = 1 << 20;
  run_batch_file(own, layer, input, folder / "out.npz", {.max_memory = limit});
  CHECK(own.scratch_bytes() > 0);
  CHECK(own.scratch_bytes() < limit);
}

TEST_CASE_FIXTURE(Fixture, "attention maps: written, and shown to the caller, sequence by sequence") {
  Integers numbers;
  Floats third;
  const auto see = [&](const SequenceProbabilities& map) {
    numbers.push_back(map.sequence);
    CHECK(map.heads == heads);
    CHECK(map.keys == lengths[index(map.sequence)]);
    CHECK(map.queries == map.keys);
    CHECK(map.values.size() == index(heads * map.queries * map.keys));
    if (map.sequence == 3) third.assign(map.values.begin(), map.values.end());
  };
  run("out.npz", {.probabilities = folder / "maps.safetensors", .on_probabilities = see});
  CHECK(numbers == Integers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(shape_of(folder / "maps.safetensors", "probabilities_3") == Integers{heads, 33, 33});
  CHECK(shape_of(folder / "maps.safetensors", "probabilities_2") == Integers{heads, 0, 0});
  CHECK(read_floats(folder / "maps.safetensors", "probabilities_3") == third);
  for (std::int64_t row = 0; row < heads * 33; ++row) {
    double sum = 0;
    for (const float p : rows_of(third, 33, row)) sum += static_cast<double>(p);
    CHECK(sum == doctest::Approx(1).epsilon(1e-6));
  }
}

TEST_CASE_FIXTURE(Fixture, "chosen sequences: as if the input had no others") {
  const BatchFileSummary summary =
      run("out.npz", {.sequences = {1, 3, 4, 9}, .probabilities = folder / "maps.npz"});
  const Floats z = forward();
  Floats expected;
  for (const std::int64_t s : {1, 3, 4, 9}) {
    const std::int64_t first = (*states.offsets)[index(s)];
    const Floats rows = rows_of(z, output_width, first, lengths[index(s)]);
    expected.insert(expected.end(), rows.begin(), rows.end());
  }
  CHECK(read_floats(folder / "out.npz", "z") == expected);
  CHECK(read_integers(folder / "out.npz", "offsets") == Integers{0, 1, 34, 46, 47});
  CHECK(summary.sequences == 4);
  CHECK(summary.tokens == 47);
  CHECK(TensorFile::open(folder / "maps.npz").tensors().size() == 4);
  CHECK(shape_of(folder / "maps.npz", "probabilities_4") == Integers{heads, 12, 12});
}

TEST_CASE_FIXTURE(Fixture, "chosen rows have the bits of the whole run") {
  run("all.npz", {.context = true, .probabilities = folder / "all-maps.npz"});
  const BatchFileOptions options = {
      .context = true, .rows = {6, 0, 4}, .sequences = {3, 5, 7}, .probabilities = folder / "maps.npz"};
  run("rows.npz", options);
  const Floats z = read_floats(folder / "all.npz", "z"), context = read_floats(folder / "all.npz", "context");
  Floats expected_z, expected_context;
  for (const std::int64_t s : options.sequences) {
    for (const std::int64_t row : options.rows) {
      const std::int64_t token = (*states.offsets)[index(s)] + row;
      const Floats z_row = rows_of(z, output_width, token), c_row = rows_of(context, context_width, token);
      expected_z.insert(expected_z.end(), z_row.begin(), z_row.end());
      expected_context.insert(expected_context.end(), c_row.begin(), c_row.end());
    }
  }
  CHECK(read_floats(folder / "rows.npz", "z") == expected_z);
  CHECK(read_floats(folder / "rows.npz", "context") == expected_context);
  CHECK(shape_of(folder / "rows.npz", "z") == Integers{9, output_width});
  CHECK(read_integers(folder / "rows.npz", "offsets") == Integers{0, 3, 6, 9});

  const Floats map = read_floats(folder / "maps.npz", "probabilities_5");
  const Floats full = read_floats(folder / "all-maps.npz", "probabilities_5");
  CHECK(shape_of(folder / "maps.npz", "probabilities_5") == Integers{heads, 3, 7});
  for (std::int64_t head = 0; head < heads; ++head) {
    for (std::int64_t i = 0; i < 3; ++i)
      CHECK(rows_of(map, 7, head * 3 + i) == rows_of(full, 7, head * 7 + options.rows[index(i)]));
  }
}

TEST_CASE_FIXTURE(Fixture, "operations of chosen rows are those of all when all are chosen") {
  input = write(folder / "equal.npz", random_states({4, 4}, width));
  const double all = run("all.npz", {.window = Window::causal()}).flops;
  const double rows = run("rows.npz", {.window = Window::causal(), .rows = {0, 1, 2, 3}}).flops;
  CHECK(rows == doctest::Approx(all));
  CHECK(run("one.npz", {.rows = {2}}).flops < all);
}

TEST_CASE_FIXTURE(Fixture, "no offsets: one sequence") {
  const States matrix = {{24, width}, random_floats(24 * width, 3)};
  for (const std::string end : {".npy", ".npz", ".safetensors"}) {
    input = write(folder / ("matrix" + end), matrix);
    CHECK(run("out" + end).sequences == 1);
    CHECK(TensorFile::open(folder / ("out" + end)).tensors().size() == 1);
  }
  // The tensor of an .npy is called x.
  CHECK(shape_of(folder / "out.npy", "x") == Integers{24, output_width});
  CHECK(read_floats(folder / "out.npy", "x") == read_floats(folder / "out.npz", "z"));
  CHECK(read_floats(folder / "out.npy", "x") == read_floats(folder / "out.safetensors", "z"));
}

TEST_CASE_FIXTURE(Fixture, "[n, length, width]: n sequences, and so is z") {
  const States cube = {{4, 6, width}, random_floats(24 * width, 3)};
  input = write(folder / "cube.npy", cube);
  CHECK(run("out.npy", {.max_memory = 1 << 20}).sequences == 4);
  CHECK(shape_of(folder / "out.npy", "x") == Integers{4, 6, output_width});
  input = write(folder / "ragged.npz", {{24, width}, cube.x, Integers{0, 6, 12, 18, 24}});
  run("out.npz");
  CHECK(read_floats(folder / "out.npy", "x") == read_floats(folder / "out.npz", "z"));

  input = folder / "cube.npy";
  run("rows.npy", {.rows = {5, 2}});
  CHECK(shape_of(folder / "rows.npy", "x") == Integers{8, output_width});
  run("rows.npz", {.rows = {5, 2}});
  CHECK(read_integers(folder / "rows.npz", "offsets") == Integers{0, 2, 4, 6, 8});
}

TEST_CASE_FIXTURE(Fixture, "nothing in, nothing out") {
  input = write(folder / "none.npz", random_states({}, width));
  CHECK(run("none-out.npz").sequences == 0);
  CHECK(shape_of(folder / "none-out.npz", "z") == Integers{0, output_width});
  input = write(folder / "empty.npz", random_states({0, 0}, width));
  CHECK(run("empty-out.npz", {.context = true}).sequences == 2);
  CHECK(read_integers(folder / "empty-out.npz", "offsets") == Integers{0, 0, 0});
  CHECK(shape_of(folder / "empty-out.npz", "context") == Integers{0, context_width});
}

TEST_CASE_FIXTURE(Fixture, "a token with NaN is counted and stays in its sequence") {
  const Floats clean = forward();
  states.x[index(6 * width + 3)] = std::nanf("");  // the first token of sequence 3
  states.x[index(6 * width + 4)] = std::nanf("");
  states.x[index(51 * width)] = std::nanf("");  // the first token of sequence 5
  input = write(folder / "nan.npz", states);
  CHECK(run("out.npz").nan_tokens == 2);
  const Floats z = read_floats(folder / "out.npz", "z");
  CHECK(rows_of(z, output_width, 0, 6) == rows_of(clean, output_width, 0, 6));
  CHECK(rows_of(z, output_width, 39, 12) == rows_of(clean, output_width, 39, 12));
  CHECK(rows_of(z, output_width, 58) == rows_of(clean, output_width, 58));
  CHECK(std::isnan(z[index(10 * output_width)]));
}
