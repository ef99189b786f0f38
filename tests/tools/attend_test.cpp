// `saccade attend`: what it writes has the bits of the library's call, in each layout.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "fixtures/expect_error.hpp"
#include "reference/reference.hpp"
#include "saccade/saccade.hpp"
#include "tools/attend_folder.hpp"
#include "tools/attend_problem.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
namespace fs = std::filesystem;

/// [batch][a][b][inner] to [batch][b][a][inner].
template <class Value>
std::vector<Value> swapped(const std::vector<Value>& values, std::int64_t batch, std::int64_t a,
                           std::int64_t b) {
  const std::int64_t inner = static_cast<std::int64_t>(values.size()) / (batch * a * b);
  std::vector<Value> result;
  for (std::int64_t s = 0; s < batch; ++s)
    for (std::int64_t j = 0; j < b; ++j)
      for (std::int64_t i = 0; i < a; ++i) {
        const auto from = values.begin() + ((s * a + i) * b + j) * inner;
        result.insert(result.end(), from, from + inner);
      }
  return result;
}

const Arguments all_outputs = {"--lse", "--probabilities", "--topk", "2"};

/// Some of everything that may stand beside q, k and v, for uniform().
struct Extras {
  Bytes mask = Bytes(3 * heads * 4 * 6);
  Floats bias = random_floats(heads * 4 * 6, 11);
  Floats sinks = random_floats(heads, 12);
  Integers key_counts = {6, 3, 5};
  Integers positions = {2, -1, 0};

  Extras() {
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % 7 == 2 || i % 5 == 3 ? 0 : 1;
    bias[5] = -std::numeric_limits<float>::infinity();
  }
  void add_to(Problem& p) const {
    p.options.mask = {mask.data(), 6, heads * 4 * 6, 4 * 6, 6, 1};
    p.options.bias = {bias.data(), 6, 0, 4 * 6, 6, 1};
    p.options.sinks = sinks;
    p.options.key_counts = key_counts;
    p.options.first_query_positions = positions;
    p.options.window = {3, 2};
    p.options.scale = 0.75f;
    p.options.softcap = 2.5f;
  }
  void add_to(Tensors& tensors) const {
    tensors.push_back(tensor("mask", "BOOL", {3, heads, 4, 6}, mask));
    tensors.push_back(floats("bias", {heads, 4, 6}, bias));
    tensors.push_back(floats("sinks", {heads}, sinks));
    tensors.push_back(integers("key_counts", key_counts));
    tensors.push_back(integers("first_query_positions", positions));
  }
  static Arguments arguments() {
    Arguments all = all_outputs;
    all.insert(all.end(), {"--window", "3,2", "--scale", "0.75", "--softcap", "2.5"});
    return all;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Folder, "packed sequences of several lengths: the library's bits, every output") {
  Problem p = ragged();
  p.compute();
  p.check_packed(run(p.packed(), all_outputs));
}

TEST_CASE_FIXTURE(Folder, "packed, heads side by side: out as q") {
  Problem p = ragged();
  p.compute();
  Tensors tensors = p.packed();
  tensors[0].shape = {p.queries(), heads * head_dim};
  tensors[1].shape = {p.keys(), kv_heads * head_dim};
  tensors[2].shape = {p.keys(), kv_heads * value_dim};
  run(tensors, {"--heads", "4", "--kv-heads", "2", "--lse"});
  CHECK(shape_of(out, "out") == Integers{p.queries(), heads * value_dim});
  CHECK(shape_of(out, "lse") == Integers{p.queries(), heads});
  check_same_bits(out, "out", p.out);
  check_same_bits(out, "lse", p.lse);
}

TEST_CASE_FIXTURE(Folder, "packed without offsets: one sequence, keys of any number") {
  Problem p = {.offsets = {0, 3}, .key_offsets = {0, 7}};
  p.compute();
  Tensors tensors = p.packed();
  tensors.resize(3);
  run(tensors);
  check_same_bits(out, "out", p.out);
  CHECK(TensorFile::open(out).find("offsets") == nullptr);
}

TEST_CASE_FIXTURE(Folder, "bshd: [batch, length, heads, head_dim], or heads side by side") {
  Problem p = uniform();
  p.compute();
  Tensors tensors = bshd(p);
  Arguments arguments = all_outputs;
  arguments.insert(arguments.end(), {"--layout", "bshd"});
  run(tensors, arguments);
  CHECK(shape_of(out, "out") == Integers{3, 4, heads, value_dim});
  CHECK(shape_of(out, "lse") == Integers{3, 4, heads});
  CHECK(shape_of(out, "topk_keys") == Integers{3, 4, heads, 2});
  check_same_bits(out, "out", p.out);
  check_same_bits(out, "lse", p.lse);
  check_same_bits(out, "topk_probabilities", p.top_probabilities);
  p.check_maps(out);

  tensors[0].shape = {3, 4, heads * head_dim};
  tensors[1].shape = {3, 6, kv_heads * head_dim};
  tensors[2].shape = {3, 6, kv_heads * value_dim};
  run(tensors, {"--layout", "bshd", "--heads", "4", "--kv-heads", "2"});
  CHECK(shape_of(out, "out") == Integers{3, 4, heads * value_dim});
  check_same_bits(out, "out", p.out);
}

TEST_CASE_FIXTURE(Folder, "bhsd: [batch, heads, length, head_dim]") {
  Problem p = uniform();
  p.compute();
  Arguments arguments = all_outputs;
  arguments.insert(arguments.end(), {"--layout", "bhsd"});
  run({floats("q", {3, heads, 4, head_dim}, swapped(p.q, 3, 4, heads)),
       floats("k", {3, kv_heads, 6, head_dim}, swapped(p.k, 3, 6, kv_heads)),
       floats("v", {3, kv_heads, 6, value_dim}, swapped(p.v, 3, 6, kv_heads))},
      arguments);
  CHECK(shape_of(out, "out") == Integers{3, heads, 4, value_dim});
  CHECK(shape_of(out, "lse") == Integers{3, heads, 4});
  CHECK(shape_of(out, "topk_keys") == Integers{3, heads, 4, 2});
  check_same_bits(out, "out", swapped(p.out, 3, 4, heads));
  check_same_bits(out, "lse", swapped(p.lse, 3, 4, heads));
  check_same_bits(out, "topk_probabilities", swapped(p.top_probabilities, 3, 4, heads));
  const std::vector<std::int32_t> keys = swapped(p.top_keys, 3, 4, heads);
  CHECK(read_integers(out, "topk_keys") == Integers(keys.begin(), keys.end()));
  p.check_maps(out);
}

TEST_CASE_FIXTURE(Folder, "mask, bias, key counts, sinks, positions, window, scale and softcap together") {
  Problem p = uniform();
  const Extras extras;
  extras.add_to(p);
  p.compute();
  Tensors packed = p.packed(), padded = bshd(p);
  extras.add_to(packed);
  extras.add_to(padded);
  p.check_packed(run(packed, Extras::arguments()));
  Arguments arguments = Extras::arguments();
  arguments.insert(arguments.end(), {"--layout", "bshd"});
  run(padded, arguments);
  check_same_bits(out, "out", p.out);
  check_same_bits(out, "lse", p.lse);
  p.check_maps(out);
}

TEST_CASE_FIXTURE(Folder, "masks and biases broadcast") {
  const Tensors tensors = bshd(uniform());
  const Arguments layout = {"--layout", "bshd"};
  const Bytes pattern = {1, 0, 1, 1, 0, 1};
  const Floats numbers = random_floats(6, 5);
  Bytes mask;
  Floats bias;
  for (int i = 0; i < 3 * heads * 4; ++i) {
    mask.insert(mask.end(), pattern.begin(), pattern.end());
    bias.insert(bias.end(), numbers.begin(), numbers.end());
  }
  const auto result = [&](Integers shape, const std::string& type) {
    shape.push_back(6);
    const auto count = static_cast<std::size_t>(elements_of(shape));
    Tensors all = with(
        tensors,
        tensor("mask", type, shape, Bytes(mask.begin(), mask.begin() + static_cast<std::ptrdiff_t>(count))));
    all = with(
        all, floats("bias", shape, Floats(bias.begin(), bias.begin() + static_cast<std::ptrdiff_t>(count))));
    return out_of(all, layout);
  };
  const Floats expected = result({3, heads, 4}, "BOOL");
  CHECK(expected != out_of(tensors, layout));
  for (const Integers& shape : std::vector<Integers>{{1},
                                                     {4},
                                                     {1, 1},
                                                     {heads, 1},
                                                     {1, 4},
                                                     {1, heads, 4},
                                                     {3, 1, 1},
                                                     {3, 1, 4},
                                                     {3, heads, 1},
                                                     {1, 1, 1}}) {
    CHECK(result(shape, "U8") == expected);
    CHECK(result(shape, "BOOL") == expected);
  }
}

TEST_CASE_FIXTURE(Folder,
                  "masks of ragged sequences are the longest's; those of fewer keys hide the others") {
  Problem p = ragged();
  Bytes mask(5 * 6, 1);
  for (std::size_t i = 0; i < mask.size(); i += 4) mask[i] = 0;
  p.options.mask = {mask.data(), 6, 0, 0, 6, 1};
  p.compute();
  p.check_packed(run(with(p.packed(), tensor("mask", "U8", {5, 6}, mask)), all_outputs));

  Bytes shorter;
  for (std::size_t i = 0; i < 5; ++i)
    shorter.insert(shorter.end(), mask.begin() + static_cast<std::ptrdiff_t>(6 * i),
                   mask.begin() + static_cast<std::ptrdiff_t>(6 * i + 4));
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (i % 6 >= 4) mask[i] = 0;
  p.compute();
  p.check_packed(run(with(p.packed(), tensor("mask", "U8", {5, 4}, shorter)), all_outputs));
  // No keys at all: nothing is visible.
  CHECK(out_of(with(p.packed(), tensor("mask", "U8", {5, 0}, Bytes{}))) == Floats(p.out.size(), 0.0f));
}

TEST_CASE_FIXTURE(Folder, "f16, bf16 and f64 are computed with as fp32") {
  const Floats values = {0.5f, -1.25f, 2, 0, 0.25f, -0.75f, 1, 3};
  const std::vector<std::uint16_t> half = {0x3800, 0xbd00, 0x4000, 0, 0x3400, 0xba00, 0x3c00, 0x4200};
  const std::vector<std::uint16_t> bfloat = {0x3f00, 0xbfa0, 0x4000, 0, 0x3e80, 0xbf40, 0x3f80, 0x4040};
  const std::vector<double> wide(values.begin(), values.end());
  const Integers shape = {4, 1, 2}, scores = {2, 4};
  const auto same = [&](const auto& numbers, const std::string& type) {
    Tensors tensors;
    for (const std::string name : {"q", "k", "v"}) tensors.push_back(tensor(name, type, shape, numbers));
    tensors.push_back(tensor("bias", type, {1, 4, 2}, numbers));
    return out_of(tensors);
  };
  const Floats expected = same(values, "F32");
  CHECK(same(half, "F16") == expected);
  CHECK(same(bfloat, "BF16") == expected);
  CHECK(same(wide, "F64") == expected);
}

TEST_CASE_FIXTURE(Folder, "--causal, --window and --first-position say what the library's options say") {
  Problem p = ragged();
  const auto check = [&](const Arguments& arguments) {
    INFO(arguments.front(), " ", arguments.back());
    p.compute();
    run(p.packed(), arguments);
    check_same_bits(out, "out", p.out);
  };
  p.options.window = Window::causal();
  check({"--causal"});
  check({"--window", "inf,0"});
  check({"--window", "-1,0"});
  p.options.window = {2, 0};
  check({"--window", "2,0"});
  check({"--window", "2,5", "--causal"});
  p.options.window = {1, Window::unlimited};
  check({"--window", "1,-1"});
  check({"--window", "1,inf", "--first-position", "bottom-right"});
  p.options.first_query = FirstQuery::top_left;
  check({"--window", "1,inf", "--first-position", "top-left"});
  const Integers positions = {-2, -2, -2};
  p.options.first_query_positions = positions;
  check({"--window", "1,inf", "--first-position", "-2"});
}

TEST_CASE_FIXTURE(Folder, "near the formula in double precision") {
  AttentionHead head = {.queries = 9, .keys = 9, .head_dim = 6, .value_dim = 4, .scale = 0.5f, .right = 0};
  head.fill(3);
  run({floats("q", {9, 1, 6}, head.q), floats("k", {9, 1, 6}, head.k), floats("v", {9, 1, 4}, head.v)},
      {"--causal", "--scale", "0.5", "--probabilities"});
  const AttentionResult<double> expected = test::attention(head);
  const auto near = [&](const std::string& name, const std::vector<double>& values) {
    CHECK(relative_error(read_floats(out, name), Floats(values.begin(), values.end())) <= 1e-6);
  };
  near("out", expected.out);
  near("probabilities_0", expected.probabilities);
}

TEST_CASE_FIXTURE(Folder, "--mean-probabilities: the mean over heads") {
  Problem p = ragged();
  p.compute(true);
  run(p.packed(), {"--mean-probabilities"});
  for (std::size_t s = 0; s < p.maps.size(); ++s) {
    const std::string name = "mean_probabilities_" + std::to_string(s);
    const Integers shape = p.map_shape(s);
    CHECK(shape_of(out, name) == Integers{shape[1], shape[2]});
    check_same_bits(out, name, p.maps[s]);
  }
  check_same_bits(out, "out", p.out);
}

TEST_CASE_FIXTURE(Folder, "the formats of input and output: the same values") {
  Problem p = ragged();
  p.compute();
  TensorFileWriter writer(folder / "in.npz", {{"q", StorageType::f32, {p.queries(), heads, head_dim}},
                                              {"k", StorageType::f32, {p.keys(), kv_heads, head_dim}},
                                              {"v", StorageType::f32, {p.keys(), kv_heads, value_dim}},
                                              {"offsets", StorageType::i32, {4}},
                                              {"kv_offsets", StorageType::i64, {4}}});
  writer.append("q", p.q);
  writer.append("k", p.k);
  writer.append("v", p.v);
  writer.append("offsets", p.offsets);
  writer.append("kv_offsets", p.key_offsets);
  writer.commit();
  for (const std::string name : {"out.npz", "out.safetensors"}) {
    attended(folder / "in.npz", folder / name, all_outputs);
    p.check_packed(folder / name);
    CHECK(TensorFile::open(folder / name).at("offsets").type == StorageType::i32);
  }
  // A folder: a file of the input's name.
  fs::create_directory(folder / "results");
  attended(folder / "in.npz", folder / "results");
  check_same_bits(folder / "results" / "in.npz", "out", p.out);

  Problem one = {.offsets = {0, 3}, .key_offsets = {0, 7}};
  one.compute();
  Tensors tensors = one.packed();
  tensors.resize(3);
  attended(write_tensors(in, tensors), folder / "out.npy");
  CHECK(shape_of(folder / "out.npy", "x") == Integers{3, heads, value_dim});
  check_same_bits(folder / "out.npy", "x", one.out);
}

TEST_CASE_FIXTURE(Folder, "the same bytes with any threads and ISA") {
  Problem p = uniform();
  const Extras extras;
  Tensors tensors = p.packed();
  extras.add_to(tensors);
  const std::string expected = read_bytes(run(tensors, Extras::arguments()));
  const auto same = [&](const std::string& option, const std::string& value) {
    INFO(option, " ", value);
    Arguments arguments = Extras::arguments();
    arguments.insert(arguments.end(), {option, value});
    CHECK(read_bytes(run(tensors, arguments)) == expected);
  };
  for (const std::string threads : {"1", "2", "5"}) same("--threads", threads);
  for (const Isa isa : supported_isas()) same("--isa", std::string(to_string(isa)));
}

TEST_CASE_FIXTURE(Folder, "one summary line; NaN is computed and counted") {
  Problem p = ragged();
  write_tensors(in, p.packed());
  const Finished finished = attended(in, out, {"--threads", "2", "--isa", "scalar"});
  check_contains(finished.err, {"3 sequences, 8 query tokens, ", " s, ", " GFLOP/s (scalar, 2 threads)\n"});
  CHECK(finished.err.find('\n') == finished.err.size() - 1);
  p.q[heads * head_dim] = std::nanf("");
  const Finished with_nan = attended(write_tensors(in, p.packed()), out);
  check_contains(with_nan.err, {", 1 query token with NaN\n"});
  const Floats values = read_floats(out, "out");
  CHECK(std::isnan(values[heads * value_dim]));
  CHECK_FALSE(std::isnan(values[0]));
}

TEST_CASE_FIXTURE(Folder, "nothing to do is done") {
  run({floats("q", {0, heads, head_dim}, {}), floats("k", {0, heads, head_dim}, {}),
       floats("v", {0, heads, value_dim}, {})},
      {"--lse", "--topk", "3", "--probabilities"});
  CHECK(shape_of(out, "out") == Integers{0, heads, value_dim});
  CHECK(shape_of(out, "topk_keys") == Integers{0, heads, 3});
  CHECK(shape_of(out, "probabilities_0") == Integers{heads, 0, 0});
  CHECK(out_of(with(with(plain(), floats("k", {0, kv_heads, head_dim}, {})),
                    floats("v", {0, kv_heads, value_dim}, {}))) == Floats(4 * heads * value_dim, 0.0f));
  for (const std::string layout : {"bshd", "bhsd"}) {
    run({floats("q", {0, 2, 2, head_dim}, {}), floats("k", {0, 2, 2, head_dim}, {}),
         floats("v", {0, 2, 2, head_dim}, {})},
        {"--layout", layout, "--lse"});
    CHECK(shape_of(out, "out") == Integers{0, 2, 2, head_dim});
  }
}

TEST_CASE("attend --help tells each tensor") {
  const Finished finished = run_command({"attend", "--help"});
  CHECK(finished.exit_code == 0);
  check_contains(finished.out,
                 {"q, k, v", "offsets ", "kv_offsets ", "mask ", "bias ", "key_counts ", "sinks ",
                  "first_query_positions ", "out ", "lse ", "topk_keys", "probabilities_S",
                  "mean_probabilities_S", "[heads, queries, keys", "bool or u8", "i32 or i64"});
}
