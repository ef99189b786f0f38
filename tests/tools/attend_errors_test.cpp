// `saccade attend` on what does not fit: a message with the file, the tensor and the numbers, and nothing
// left behind.

#include <doctest/doctest.h>

#include "fixtures/expect_error.hpp"
#include "tools/attend_folder.hpp"
#include "tools/attend_problem.hpp"

using namespace saccade;
using namespace saccade::test;

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

TEST_CASE_FIXTURE(Folder, "tensors of other names, which could change the result") {
  for (const char* const name : {"attn_mask", "attn_bias", "cu_seqlens", "Mask", "x"}) {
    const Tensors tensors = with(ragged().packed(), random_tensor(name, {4}));
    const std::string quoted = "tensor '" + std::string(name) + "' is not known here";
    expect({"in.safetensors", quoted, "expected q, k, v", "mask, bias and sinks"}, tensors);
    CHECK(out_of(tensors, {"--ignore", name}) == out_of(ragged().packed()));
    expect({"has no tensor 'other'"}, tensors, {"--ignore", name, "--ignore", "other"});
  }
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
  CHECK(attend(write_tensors(in, ragged().packed()), out, {"--heads", "3"}).exit_code == 1);
  CHECK(read_bytes(out) == before);
}

TEST_CASE_FIXTURE(Folder, "results larger than memory can hold") {
  // v has no tokens, so its head_dim costs no bytes in the file; out has tokens.
  const std::int64_t wide = std::int64_t{1} << 59;
  expect({"in.safetensors", "input and output", "needs", "bytes", "the limit is"},
         {random_tensor("q", {64, 1, 2}), floats("k", {0, 1, 2}, {}), floats("v", {0, 1, wide}, {})});
}

TEST_CASE_FIXTURE(
    Folder, "--max-memory: what does not fit is refused with both numbers, and the least that does works") {
  write_tensors(in, {random_tensor("q", {100, 2, 8}), random_tensor("k", {100, 2, 8}),
                     random_tensor("v", {100, 2, 8})});
  // Each tensor has 6,400 bytes; out as many, and the maps 80,000.
  expect_file({"the input", "needs 19", "the limit is 1024", "--max-memory"}, in, {"--max-memory", "1K"});
  expect_file({"input and output", "the limit is 20480"}, in, {"--max-memory", "20K"});
  expect_file({"input and output", "the limit is 61440"}, in, {"--probabilities", "--max-memory", "60K"});
  const Finished refused = attend(in, out, {"--max-memory", "26K"});
  CHECK(refused.exit_code == 1);
  check_contains(refused.err, {"attention", "the limit is 26624"});
  const std::string needs = "needs ";
  const std::size_t least = std::stoul(refused.err.substr(refused.err.find(needs) + needs.size()));
  attended(in, out, {"--max-memory", std::to_string(least)});
  std::filesystem::remove(out);
  CHECK(attend(in, out, {"--max-memory", std::to_string(least - 1)}).exit_code == 1);
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
