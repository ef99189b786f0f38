// .npy, .npz and .safetensors files: every tensor is read forwards and back, as floats, bytes and integers.

#include <algorithm>
#include <vector>

#include "fuzz/memory_folder.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::fuzz {
namespace {

void read_tensor(const TensorFile& file, const TensorInfo& tensor) {
  constexpr std::int64_t most = 1 << 16;
  const std::int64_t elements = tensor.elements(), count = std::min(elements, most);
  require(elements >= 0, "a tensor without a number of elements");
  std::vector<float> values(static_cast<std::size_t>(count));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  for (const std::int64_t first : {std::int64_t{0}, elements - count, std::int64_t{0}}) {
    errors_only([&] { file.read(tensor.name, first, values); });
    errors_only([&] { file.read_bytes(tensor.name, first, bytes); });
  }
  if (elements < 1 << 20) errors_only([&] { static_cast<void>(file.read_integers(tensor.name)); });
}

}  // namespace
}  // namespace saccade::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace saccade::fuzz;
  static const MemoryFolder folder;
  const auto path = folder.write("file", as_text(bytes, size));
  errors_only([&] {
    const auto file = saccade::TensorFile::open(path);
    for (const saccade::TensorInfo& tensor : file.tensors()) read_tensor(file, tensor);
    errors_only([&] { static_cast<void>(file.find("x")); });
    errors_only([&] { file.require_all_used("nothing"); });
  });
  return 0;
}
