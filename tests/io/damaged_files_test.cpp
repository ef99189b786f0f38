// Valid files with bytes changed, cut and repeated at random: reading them must end with values or an Error.

#include <doctest/doctest.h>

#include <random>

#include "fixtures/read_tensor.hpp"
#include "fixtures/temporary_folder.hpp"
#include "io/file_bytes.hpp"
#include "saccade/error.hpp"

namespace saccade {
namespace {

std::vector<std::string> valid_files() {
  const std::string data(96, '\x3f');
  const std::string npy = test::npy_bytes(test::npy_text("<f4", "(4, 6)"), data);
  const std::string integers = test::npy_bytes(test::npy_text("<i8", "(12,)"), data);
  const std::string header =
      R"({"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("y":{"dtype":"BF16","shape":[12],"data_offsets":[24,48]},"n":{"dtype":"I32","shape":[12],"data_offsets":[48,96]}})";
  return {npy, integers, test::npy_bytes(test::npy_text("<f2", "(48,)"), data, 2),
          test::safetensors_bytes(header, data),
          test::zip_bytes(
              {test::stored("x.npy", npy), test::deflated("y.npy", npy), test::stored("n.npy", integers)})};
}

class Damage {
 public:
  std::string operator()(std::string bytes) {
    const std::size_t wounds = 1 + below(3);
    for (std::size_t i = 0; i < wounds && !bytes.empty(); ++i) wound(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  void wound(std::string& bytes) {
    const std::size_t at = below(bytes.size());
    switch (below(5)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.replace(at, 4, test::little_endian(random_(), std::min<std::size_t>(4, bytes.size() - at)));
        break;
      default:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
        break;
    }
  }

  std::mt19937 random_{20240607};
};

void read_everything(const std::filesystem::path& path) {
  const TensorFile file = TensorFile::open(path);
  for (const TensorInfo& tensor : file.tensors()) {
    try {
      test::read_tensor(file, tensor.name);
      static_cast<void>(file.read_integers(tensor.name));
    } catch (const Error&) {
    }
  }
}

TEST_CASE("damaged files give values or an Error") {
  const test::TemporaryFolder folder;
  Damage damage;
  int refused = 0;
  for (const std::string& valid : valid_files()) {
    read_everything(folder.write("valid", valid));
    for (int round = 0; round < 2000; ++round) {
      const std::filesystem::path path = folder.write("damaged", damage(valid));
      try {
        read_everything(path);
      } catch (const Error& error) {
        ++refused;
        if (error.code() != ErrorCode::file_format) FAIL_CHECK("another code: ", error.what());
      }
    }
  }
  CHECK(refused > 5000);  // most damage is to headers
}

TEST_CASE("files cut anywhere give an Error") {
  const test::TemporaryFolder folder;
  for (const std::string& valid : valid_files()) {
    for (std::size_t size = 0; size < valid.size(); ++size) {
      const std::filesystem::path path = folder.write("cut", valid.substr(0, size));
      CHECK_THROWS_AS(static_cast<void>(TensorFile::open(path)), Error);
    }
  }
}

}  // namespace
}  // namespace saccade
