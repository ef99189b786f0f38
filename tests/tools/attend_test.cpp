// `saccade attend`: what it writes has the bits of the library's call, in each layout; what does not fit is a
// message with the file, the tensor and the numbers, and leaves nothing behind.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "fixtures/tensors.hpp"
#include "reference/reference.hpp"
#include "saccade/saccade.hpp"
#include "tools/command.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

/// A tensor of any type, as .safetensors has it.
struct Tensor {
  std::string name;
  std::string type;
  Integers shape;
  std::string bytes;
};
using Tensors = std::vector<Tensor>;

template <class Value>
Tensor tensor(const std::string& name, const std::string& type, const Integers& shape,
              const std::vector<Value>& values) {
  return {name, type, shape, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)}};
}

Tensor floats(const std::string& name, const Integers& shape, const Floats& values) {
  return tensor(name, "F32", shape, values);
}

Tensor integers(const std::string& name, const Integers& values) {
  return tensor(name, "I64", {static_cast<std::int64_t>(values.size())}, values);
}

std::int64_t elements_of(const Integers& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

Tensor random_tensor(const std::string& name, const Integers& shape, unsigned seed = 7) {
  return floats(name, shape, random_floats(elements_of(shape), seed));
}

fs::path write_tensors(const fs::path& path, const Tensors& tensors) {
  nlohmann::ordered_json header;
  std::string data;
  for (const Tensor& t : tensors) {
    header[t.name] = {
        {"dtype", t.type}, {"shape", t.shape}, {"data_offsets", {data.size(), data.size() + t.bytes.size()}}};
    data += t.bytes;
  }
  const std::string text = header.dump();
  const std::uint64_t size = text.size();
  std::string bytes(sizeof size, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  std::ofstream(path, std::ios::binary) << bytes << text << data;
  return path;
}

Finished attend(const fs::path& input, const fs::path& output, const Arguments& more = {}) {
  Arguments arguments = {"attend", input, "-o", output};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_command(arguments);
}

/// Runs it; it must end well.
Finished attended(const fs::path& input, const fs::path& output, const Arguments& more = {}) {
  Finished finished = attend(input, output, more);
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  CHECK(finished.out.empty());
  return finished;
}

std::string bytes_of(const Floats& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

void check_same_bits(const fs::path& path, const std::string& name, const Floats& expected) {
  INFO(name);
  CHECK(bytes_of(read_floats(path, name)) == bytes_of(expected));
}

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

constexpr std::int64_t heads = 4, kv_heads = 2, head_dim = 5, value_dim = 3;
const Arguments all_outputs = {"--lse", "--probabilities", "--topk", "2"};

HeadsView view(Floats& values, std::int64_t heads_of_view, std::int64_t size) {
  const std::int64_t stride = heads_of_view * size;
  return {.data = values.data(),
          .tokens = static_cast<std::int64_t>(values.size()) / stride,
          .heads = heads_of_view,
          .head_dim = size,
          .token_stride = stride,
          .head_stride = size};
}

/// The library's call on packed tensors, with every output.
struct Problem {
  Integers offsets, key_offsets;
  Floats q = random_floats(offsets.back() * heads * head_dim, 1);
  Floats k = random_floats(key_offsets.back() * kv_heads * head_dim, 2);
  Floats v = random_floats(key_offsets.back() * kv_heads * value_dim, 3);
  AttentionOptions options = {};
  std::int64_t top = 2;
  Floats out = {}, lse = {}, top_probabilities = {};
  std::vector<std::int32_t> top_keys = {};
  std::vector<Floats> maps = {};

  [[nodiscard]] std::int64_t queries() const { return offsets.back(); }
  [[nodiscard]] std::int64_t keys() const { return key_offsets.back(); }
  [[nodiscard]] std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  [[nodiscard]] Integers map_shape(std::size_t s) const {
    const std::int64_t all = key_offsets[s + 1] - key_offsets[s];
    return {heads, offsets[s + 1] - offsets[s], options.key_counts.empty() ? all : options.key_counts[s]};
  }

  void compute(bool mean = false) {
    Engine engine;
    out.assign(static_cast<std::size_t>(queries() * heads * value_dim), 0);
    lse.assign(static_cast<std::size_t>(queries() * heads), 0);
    top_probabilities.assign(static_cast<std::size_t>(queries() * heads * top), 0);
    top_keys.assign(top_probabilities.size(), 0);
    maps.clear();
    std::vector<ProbabilitiesRequest> requests;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
      const Integers shape = map_shape(s);
      maps.emplace_back(static_cast<std::size_t>((mean ? 1 : shape[0]) * shape[1] * shape[2]));
      requests.push_back(
          {.sequence = static_cast<std::int64_t>(s), .out = maps.back(), .mean_over_heads = mean});
    }
    AttentionOptions all = options;
    all.probabilities = requests;
    all.log_sum_exp = view(lse, heads, 1);
    all.top_keys = {top, top_keys.data(), top_probabilities.data(), heads * top, top};
    attention(engine,
              {view(q, heads, head_dim), view(k, kv_heads, head_dim), view(v, kv_heads, value_dim),
               view(out, heads, value_dim), offsets, key_offsets},
              all);
  }

  [[nodiscard]] Tensors packed() const {
    return {floats("q", {queries(), heads, head_dim}, q), floats("k", {keys(), kv_heads, head_dim}, k),
            floats("v", {keys(), kv_heads, value_dim}, v), integers("offsets", offsets),
            integers("kv_offsets", key_offsets)};
  }

  void check_maps(const fs::path& path) const {
    for (std::size_t s = 0; s < maps.size(); ++s) {
      const std::string name = "probabilities_" + std::to_string(s);
      CHECK(shape_of(path, name) == map_shape(s));
      check_same_bits(path, name, maps[s]);
    }
  }
  void check_packed(const fs::path& path) const {
    CHECK(shape_of(path, "out") == Integers{queries(), heads, value_dim});
    CHECK(shape_of(path, "lse") == Integers{queries(), heads});
    CHECK(shape_of(path, "topk_keys") == Integers{queries(), heads, top});
    check_same_bits(path, "out", out);
    check_same_bits(path, "lse", lse);
    check_same_bits(path, "topk_probabilities", top_probabilities);
    CHECK(read_integers(path, "topk_keys") == Integers(top_keys.begin(), top_keys.end()));
    CHECK(TensorFile::open(path).at("topk_keys").type == StorageType::i32);
    CHECK(read_integers(path, "offsets") == offsets);
    check_maps(path);
  }
};

Problem ragged() {
  return {.offsets = {0, 3, 3, 8}, .key_offsets = {0, 5, 7, 13}};
}

/// Three sequences of 4 queries and 6 keys.
Problem uniform() {
  return {.offsets = {0, 4, 8, 12}, .key_offsets = {0, 6, 12, 18}};
}

Tensors bshd(const Problem& p) {
  return {floats("q", {3, 4, heads, head_dim}, p.q), floats("k", {3, 6, kv_heads, head_dim}, p.k),
          floats("v", {3, 6, kv_heads, value_dim}, p.v)};
}

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

struct Folder {
  TemporaryFolder folder;
  fs::path in = folder / "in.safetensors";
  fs::path out = folder / "out.safetensors";

  /// What the command writes for these tensors.
  const fs::path& run(const Tensors& tensors, const Arguments& more = {}) {
    attended(write_tensors(in, tensors), out, more);
    return out;
  }
  Floats out_of(const Tensors& tensors, const Arguments& more = {}) {
    return read_floats(run(tensors, more), "out");
  }

  /// It must fail, with nothing written.
  void expect(std::initializer_list<std::string> parts, const Tensors& tensors, const Arguments& more = {}) {
    expect_file(parts, write_tensors(in, tensors), more);
  }
  void expect_file(std::initializer_list<std::string> parts, const fs::path& input,
                   const Arguments& more = {}, const std::string& output = "not.npz", int exit_code = 1) {
    const std::vector<std::string> before = folder.names();
    const Finished finished = attend(input, folder / output, more);
    CHECK(finished.exit_code == exit_code);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("saccade: error: "));
    check_contains(finished.err, parts);
    CHECK(folder.names() == before);
  }
};

/// q, k and v of one sequence of 4 tokens.
Tensors plain() {
  return {random_tensor("q", {4, heads, head_dim}), random_tensor("k", {4, kv_heads, head_dim}),
          random_tensor("v", {4, kv_heads, value_dim})};
}

Tensors with(Tensors tensors, const Tensor& changed) {
  for (Tensor& t : tensors) {
    if (t.name != changed.name) continue;
    t = changed;
    return tensors;
  }
  tensors.push_back(changed);
  return tensors;
}

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

TEST_CASE_FIXTURE(Folder, "tensors that are missing, or of a type that does not do") {
  for (const std::size_t missing : {0u, 1u, 2u}) {
    Tensors tensors = plain();
    const std::string name = tensors[missing].name;
    tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(missing));
    expect({"in.safetensors", "no tensor '" + name + "'"}, tensors);
  }
  const Tensors tensors = plain();
  expect({"in.safetensors", "'q'", "i32", "f32, f16, bf16 or f64"},
         with(tensors, {"q", "I32", tensors[0].shape, tensors[0].bytes}));
  expect({"'mask'", "f32", "bool or u8"}, with(tensors, random_tensor("mask", {4, 4})));
  expect({"'bias'", "u8", "f32, f16, bf16 or f64"}, with(tensors, tensor("bias", "U8", {4, 4}, Bytes(16))));
  expect({"'offsets'", "f32", "i32 or i64"}, with(tensors, random_tensor("offsets", {2})));
  expect({"'key_counts'", "f32", "i32 or i64"}, with(tensors, random_tensor("key_counts", {1})));
}

TEST_CASE_FIXTURE(Folder, "ranks, layouts and heads that do not fit") {
  const Tensors tensors = plain();
  const Tensor flat = random_tensor("q", {4, heads * head_dim});
  expect({"'q'", "[20]", "[tokens, heads, head_dim]"}, with(tensors, random_tensor("q", {20})));
  expect({"'q'", "[1, 1, 4, 5]", "--layout"}, with(tensors, random_tensor("q", {1, 1, 4, 5})));
  expect({"'k'", "[1, 4, 2, 5]", "packed"}, with(tensors, random_tensor("k", {1, 4, 2, 5})));
  expect({"'q'", "[4, 4, 5]", "[batch, heads, length, head_dim]"}, tensors, {"--layout", "bhsd"});
  expect({"'q'", "[4, 20]", "--heads"}, with(tensors, flat));
  expect({"'q'", "[4, 20]", "3 heads"}, with(tensors, flat), {"--heads", "3"});
  expect({"'q'", "4 heads", "--heads is 2"}, tensors, {"--heads", "2"});
  expect({"'k'", "2 heads", "--kv-heads is 4"}, tensors, {"--kv-heads", "4"});
  expect({"'q'", "4 heads", "multiple of the 3 of k"},
         with(with(tensors, random_tensor("k", {4, 3, head_dim})), random_tensor("v", {4, 3, value_dim})));
  expect({"'k'", "head_dim 6", "expected 5"}, with(tensors, random_tensor("k", {4, kv_heads, 6})));
  expect({"'v'", "heads of 1", "expected 2"}, with(tensors, random_tensor("v", {4, 1, value_dim})));
  expect({"'v'", "tokens of 3", "expected 4"}, with(tensors, random_tensor("v", {3, kv_heads, value_dim})));
  expect({"'q'", "[4, 4, 0]", "head_dim of 1 or more"}, with(tensors, floats("q", {4, heads, 0}, {})));
  Tensors padded = bshd(uniform());
  expect({"'k'", "batch 2", "expected 3"}, with(padded, random_tensor("k", {2, 6, kv_heads, head_dim})),
         {"--layout", "bshd"});
  expect({"'v'", "length 5", "expected 6"}, with(padded, random_tensor("v", {3, 5, kv_heads, value_dim})),
         {"--layout", "bshd"});
  expect({"'offsets'", "packed", "bshd"}, with(padded, integers("offsets", {0, 4, 8, 12})),
         {"--layout", "bshd"});
}

TEST_CASE_FIXTURE(Folder, "offsets, counts and positions that do not fit") {
  const Tensors tensors = ragged().packed();
  expect({"'offsets'", "ends at 7", "q has 8 tokens"}, with(tensors, integers("offsets", {0, 3, 3, 7})));
  expect({"'offsets'", "element 0 is 1"}, with(tensors, integers("offsets", {1, 3, 3, 8})));
  expect({"'offsets'", "element 1 is 4", "element 2 is 3"}, with(tensors, integers("offsets", {0, 4, 3, 8})));
  expect({"'offsets'", "[0]", "[sequences + 1]"}, with(tensors, integers("offsets", {})));
  expect({"'kv_offsets'", "ends at 12", "k has 13 tokens"},
         with(tensors, integers("kv_offsets", {0, 5, 7, 12})));
  expect({"'kv_offsets'", "2 sequences", "expected 3"}, with(tensors, integers("kv_offsets", {0, 5, 13})));
  Tensors without = tensors;
  without.pop_back();
  expect({"'offsets'", "ends at 8", "k has 13 tokens", "no kv_offsets"}, without);
  expect({"'key_counts'", "[2]", "[3]"}, with(tensors, integers("key_counts", {1, 1})));
  expect({"'key_counts'", "element 1 is 3", "0 to 2"}, with(tensors, integers("key_counts", {5, 3, 6})));
  const Tensor positions = integers("first_query_positions", {0, 1, 2});
  expect({"'first_query_positions'", "--first-position 3"}, with(tensors, positions),
         {"--first-position", "3"});
  expect({"in.safetensors", "first_query_positions", "9223372036854775807"}, tensors,
         {"--first-position", "9223372036854775807"});
}

TEST_CASE_FIXTURE(Folder, "masks, biases and sinks that do not broadcast") {
  const Tensors tensors = bshd(uniform());
  const auto fails = [&](const Integers& shape) {
    const std::string text = shape.size() == 2 ? "[" + std::to_string(shape[0]) : "[";
    const auto count = static_cast<std::size_t>(elements_of(shape));
    expect({"in.safetensors", "'mask'", text, "[3, 4, 4, 6]"},
           with(tensors, tensor("mask", "BOOL", shape, Bytes(count))), {"--layout", "bshd"});
    expect({"in.safetensors", "'bias'", text, "[3, 4, 4, 6]"}, with(tensors, random_tensor("bias", shape)),
           {"--layout", "bshd"});
  };
  for (const Integers& shape : std::vector<Integers>{
           {3, 6}, {5, 6}, {4, 7}, {4, 1}, {2, 4, 6}, {2, 1, 4, 6}, {3, 2, 4, 6}, {3, 4, 2, 6}})
    fails(shape);
  expect({"'mask'", "[6]", "[queries, keys]"}, with(tensors, tensor("mask", "BOOL", {6}, Bytes(6))),
         {"--layout", "bshd"});
  expect({"'sinks'", "[3]", "[4]"}, with(tensors, random_tensor("sinks", {3})), {"--layout", "bshd"});
}

TEST_CASE_FIXTURE(Folder, "--topk beyond a sequence's keys") {
  expect({"in.safetensors", "--topk is 6", "sequence 0 has 5 keys"}, ragged().packed(), {"--topk", "6"});
  expect({"--topk is 5", "sequence 2 has 4 keys"}, with(ragged().packed(), integers("key_counts", {5, 2, 4})),
         {"--topk", "5"});
}

TEST_CASE_FIXTURE(Folder, "outputs that cannot be") {
  write_tensors(in, ragged().packed());
  expect_file({"not.npy", "one tensor", "out, offsets"}, in, {}, "not.npy");
  expect_file({"not.txt"}, in, {}, "not.txt");
  expect_file({"missing"}, in, {}, "missing/out.npz");
  expect_file({"in.safetensors", "is read"}, in, {}, "in.safetensors");
  write_tensors(in, plain());
  expect_file({"not.npy", "out, lse"}, in, {"--lse"}, "not.npy");
  const Finished full = attend(in, "/dev/full");
  CHECK(full.exit_code == 1);
  check_contains(full.err, {"/dev/full", "No space"});
  // What stood there stays.
  const std::string before = read_bytes(run(plain()));
  CHECK(attend(write_tensors(in, ragged().packed()), out, {"--topk", "6"}).exit_code == 1);
  CHECK(read_bytes(out) == before);
}

TEST_CASE_FIXTURE(Folder, "results larger than memory can hold") {
  // v has no tokens, so its head_dim costs no bytes in the file; out has tokens.
  const std::int64_t wide = std::int64_t{1} << 59;
  expect({"'out'"},
         {random_tensor("q", {64, 1, 2}), floats("k", {0, 1, 2}, {}), floats("v", {0, 1, wide}, {})});
}

TEST_CASE_FIXTURE(Folder, "truncated files, and those that are something else") {
  const std::string bytes = read_bytes(write_tensors(in, ragged().packed()));
  for (const std::size_t size : {std::size_t{7}, std::size_t{9}, bytes.size() / 3, bytes.size() - 1})
    expect_file({"cut.safetensors"}, folder.write("cut.safetensors", bytes.substr(0, size)));
  expect_file({"missing.npz", "No such file"}, folder / "missing.npz");
  expect_file({"text.npz", "neither"}, folder.write("text.npz", "once upon a time"));
  expect_file({"empty.npz", "empty"}, folder.write("empty.npz", ""));
}

TEST_CASE_FIXTURE(Folder, "wrong usage") {
  write_tensors(in, plain());
  const auto usage = [&](std::initializer_list<std::string> parts, const Arguments& arguments) {
    expect_file(parts, in, arguments, "not.npz", 2);
  };
  usage({"--layout", "'sbhd'", "packed, bshd or bhsd"}, {"--layout", "sbhd"});
  usage({"--window", "'256'", "L,R"}, {"--window", "256"});
  usage({"--window", "'-2'"}, {"--window", "-2,0"});
  usage({"--window", "'x'"}, {"--window", "0,x"});
  usage({"--first-position", "'middle'"}, {"--first-position", "middle"});
  usage({"--scale", "'nan'"}, {"--scale", "nan"});
  usage({"--softcap", "'-1'"}, {"--softcap", "-1"});
  usage({"--topk", "'0'"}, {"--topk", "0"});
  usage({"--heads", "'0'"}, {"--heads", "0"});
  usage({"--mean-probabilities", "--probabilities"}, {"--probabilities", "--mean-probabilities"});
  const Finished unnamed = run_command({"attend", in});
  CHECK(unnamed.exit_code == 2);
  check_contains(unnamed.err, {"--output"});
}
