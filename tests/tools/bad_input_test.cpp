// `saccade run` on what is wrong: a message that names the file, the tensor and the numbers, an exit code,
// and nothing left behind.

#include "fixtures/expect_error.hpp"
#include "fixtures/temporary_folder.hpp"
#include "fixtures/tensors.hpp"
#include "tools/command.hpp"

namespace {

using namespace saccade;
using namespace saccade::test;
namespace fs = std::filesystem;

constexpr std::int64_t width = 8;

std::string bytes_of(const Floats& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::string npy(const std::string& descr, const std::string& order, const std::string& shape,
                const std::string& data) {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + data;
}

std::string safetensors(const std::string& header, const std::string& data) {
  std::string size(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) size[i] = static_cast<char>((header.size() >> (8 * i)) & 0xff);
  return size + header + data;
}

/// A folder with weights of a layer of width 8 (two heads of 4), and runs that must fail.
struct Fixture {
  TemporaryFolder folder;
  fs::path weights = folder / "w.safetensors";

  Fixture() {
    std::vector<TensorInfo> tensors;
    for (const std::string name : {"query", "key", "value", "output"})
      tensors.push_back({name + ".weight", StorageType::f32, {width, width}});
    TensorFileWriter writer(weights, tensors);
    for (const TensorInfo& tensor : tensors) writer.append(tensor.name, random_floats(width * width, 1));
    writer.commit();
  }

  void expect(std::initializer_list<std::string> parts, const fs::path& input, const Arguments& more = {},
              const std::string& heads = "2", const std::string& output = "out.npz") {
    const std::vector<std::string> before = folder.names();
    Arguments arguments = {"run", input, "--weights", weights, "--heads", heads, "-o", folder / output};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished finished = run_command(arguments);
    CHECK(finished.exit_code == 1);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("saccade: error: "));
    CHECK(finished.err.find('\n') == finished.err.size() - 1);
    check_contains(finished.err, parts);
    CHECK(folder.names() == before);
  }
  fs::path states(const Integers& offsets, std::int64_t tokens = 4) {
    return write(folder / "in.npz", {{tokens, width}, random_floats(tokens * width, 1), offsets});
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "files that are missing, empty, or something else") {
  expect({"missing.npz", "No such file"}, folder / "missing.npz");
  expect({"empty.npy", "empty"}, folder.write("empty.npy", ""));
  expect({"text.npz", "neither"}, folder.write("text.npz", "once upon a time"));
  expect({folder.path().string()}, folder.path());
  weights = folder / "missing.safetensors";
  expect({"missing.safetensors", "No such file"}, states({0, 4}));
  weights = folder.write("empty.safetensors", "");
  expect({"empty.safetensors", "empty"}, states({0, 4}));
}

TEST_CASE_FIXTURE(Fixture, "truncated files, at every kind of place") {
  for (const std::string end : {".npy", ".npz", ".safetensors"}) {
    const fs::path whole = write(folder / ("whole" + end), {{4, width}, random_floats(32, 1)});
    const std::string bytes = read_bytes(whole);
    for (const std::size_t size :
         {std::size_t{7}, std::size_t{9}, bytes.size() / 3, bytes.size() - 64, bytes.size() - 1})
      expect({"cut" + end}, folder.write("cut" + end, bytes.substr(0, size)));
  }
}

TEST_CASE_FIXTURE(Fixture, ".npy of another type") {
  const std::string data = bytes_of(random_floats(32, 1));
  expect({"i.npy", "i32"}, folder.write("i.npy", npy("<i4", "False", "(4, 8)", data)));
  expect({"c.npy", "<c8"}, folder.write("c.npy", npy("<c8", "False", "(4, 4)", data)));
  expect({"n.npy"}, folder.write("n.npy", npy("<f4", "False", "(5, 8)", data)));
  expect({"h.npy"}, folder.write("h.npy", npy("<f4", "False", "(4 8", data)));
}

TEST_CASE_FIXTURE(Fixture, ".npz with wrong bytes in an entry") {
  const fs::path path = states({0, 4});
  std::string bytes = read_bytes(path);
  bytes[bytes.size() / 3] = static_cast<char>(~bytes[bytes.size() / 3]);
  expect({"bad.npz", "x"}, folder.write("bad.npz", bytes));
}

TEST_CASE_FIXTURE(Fixture, ".safetensors with wrong headers") {
  const std::string data = bytes_of(random_floats(32, 1));
  const auto file = [&](const std::string& header) {
    return folder.write("s.safetensors", safetensors(header, data));
  };
  const std::string x = R"({"x":{"dtype":"F32","shape":[4,8],"data_offsets":)";
  expect({"s.safetensors", "x", "160"}, file(x + "[32,160]}}"));
  expect({"s.safetensors", "x"}, file(x + "[0,64]}}"));
  expect({"s.safetensors", "x"}, file(x + "[64,0]}}"));
  expect({"s.safetensors"},
         file(x + "[0,128]},\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[64,68]}}"));
  expect({"s.safetensors", "F99"}, file(R"({"x":{"dtype":"F99","shape":[4,8],"data_offsets":[0,128]}})"));
  expect({"s.safetensors"}, file("{\"x\":"));
  expect({"h.safetensors"},
         folder.write("h.safetensors", std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{", 9)));
}

TEST_CASE_FIXTURE(Fixture, "offsets that do not fit") {
  expect({"in.npz", "'offsets'", "element 1 is 3", "element 2 is 2"}, states({0, 3, 2, 4}));
  expect({"in.npz", "'offsets'", "ends at 3", "4 tokens"}, states({0, 3}));
  expect({"in.npz", "'offsets'", "element 0 is 1"}, states({1, 4}));
}

TEST_CASE_FIXTURE(Fixture, "width and heads that do not fit the weights") {
  const fs::path wide = write(folder / "wide.npz", {{4, 9}, random_floats(36, 1), Integers{0, 4}});
  expect({"wide.npz", "'x'", "9", "8"}, wide);
  expect({"w.safetensors", "8", "3"}, states({0, 4}), {}, "3");
}

TEST_CASE_FIXTURE(Fixture, "a selection that is not there") {
  expect({"in.npz", "row 3", "sequence 0", "length is 1"}, states({0, 1, 4}), {"--rows", "3"});
  expect({"in.npz", "sequence 7", "2 sequences"}, states({0, 1, 4}), {"--sequences", "0,7"});
}

TEST_CASE_FIXTURE(Fixture, "one sequence that does not fit the memory") {
  const fs::path path = write(folder / "in.npz", random_states({10, 5000}, width));
  expect({"in.npz", "sequence 1 of 5000 tokens", "65536"}, path, {"--max-memory", "64K"});
}

TEST_CASE_FIXTURE(Fixture, "outputs that cannot be") {
  const fs::path path = states({0, 1, 4});
  expect({"out.npy", "offsets"}, path, {}, "2", "out.npy");
  expect({"out.txt"}, path, {}, "2", "out.txt");
  expect({"missing"}, path, {}, "2", "missing/out.npz");
  expect({"in.npz"}, path, {}, "2", "in.npz");
  expect({"w.safetensors"}, path, {}, "2", "w.safetensors");
  expect({"w.safetensors"}, path, {"--probabilities", weights});
  expect({"/dev/full", "No space"}, path, {"--probabilities", "/dev/full"});
}

TEST_CASE_FIXTURE(Fixture, "a full disk") {
  const fs::path path = states({0, 1, 4});
  const Finished finished =
      run_command({"run", path, "--weights", weights, "--heads", "2", "-o", "/dev/full"});
  CHECK(finished.exit_code == 1);
  check_contains(finished.err, {"saccade: error: ", "/dev/full", "No space"});
}

TEST_CASE_FIXTURE(Fixture, "several inputs: a bad one, the folder, equal names") {
  const fs::path path = states({0, 1, 4});
  const fs::path bad = folder.write("bad.npz", "bad");
  expect({"bad.npz"}, bad, {path}, "2", "out");
  fs::create_directory(folder / "other");
  fs::copy_file(path, folder / "other" / "in.npz");
  expect({"out/in.npz", "other/in.npz"}, path, {folder / "other" / "in.npz"}, "2", "out");
  folder.write("file", "");
  expect({"file"}, path, {folder / "other" / "in.npz", bad}, "2", "file");
  expect({"in.npz", "is read"}, path, {bad}, "2", ".");
}

TEST_CASE_FIXTURE(Fixture, "token names that do not fit") {
  const fs::path path = states({0, 1, 4});
  const auto names = [&](const std::string& text) {
    return Arguments{"--rows", "0", "--tokens", folder.write("names.json", text)};
  };
  expect({"names.json", "1 sequence,", "numbered 1"}, path, names(R"([{"tokens":["a"]}])"));
  expect({"names.json", "2 tokens", "sequence 1", "3"}, path,
         names(R"([{"tokens":["a"]},{"tokens":["b","c"]}])"));
  expect({"names.json", "element 1"}, path, names(R"([{"tokens":["a"]},{"tokens":"b"}])"));
  expect({"names.json"}, path, names("{}"));
  expect({"names.json", "JSON"}, path, names("[{"));
}
