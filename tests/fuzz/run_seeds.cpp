// Runs a fuzz target over the files of folders, without libFuzzer: it must not rot where nobody fuzzes.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "fixtures/temporary_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

int main(int argc, char** argv) {
  int inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      const std::string bytes = saccade::test::read_bytes(entry.path());
      // With the end cut off, too.
      for (const std::size_t size : {bytes.size(), bytes.size() / 2, std::size_t{0}})
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), size);
      ++inputs;
    }
  }
  std::printf("%d seeds\n", inputs);
  return inputs > 0 ? 0 : 1;
}
