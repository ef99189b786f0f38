// The header of a .safetensors file: two bytes of the size of its data, then the JSON. Tensors that are
// accepted fill the data without overlap or hole.

#include "fuzz/memory_folder.hpp"
#include "io/formats/safetensors_header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace saccade::fuzz;
  if (size < 2) return 0;
  const std::uint64_t data_size = bytes[0] | static_cast<unsigned>(bytes[1]) << 8;
  errors_only([&] {
    std::uint64_t covered = 0;
    for (const auto& entry : saccade::io::parse_safetensors_header(
             "file", std::string(as_text(bytes + 2, size - 2)), data_size)) {
      require(entry.begin == covered && entry.end >= entry.begin && entry.end <= data_size,
              "a hole or overlap");
      require(!entry.unreadable.empty() || entry.info.elements() >= 0,
              "a tensor without a number of elements");
      covered = entry.end;
    }
    require(covered == data_size, "data of no tensor");
  });
  return 0;
}
