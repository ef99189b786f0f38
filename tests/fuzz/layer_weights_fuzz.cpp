// The weights of a self-attention layer; the first byte chooses the number of heads. A layer that loads
// computes.

#include <vector>

#include "fuzz/memory_folder.hpp"
#include "saccade/self_attention.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace saccade;
  using namespace saccade::fuzz;
  static Engine engine({.threads = 1});
  static const MemoryFolder folder;
  if (size == 0) return 0;
  const auto path = folder.write("layer.safetensors", as_text(bytes + 1, size - 1));
  const bool projected = bytes[0] % 2 == 0;
  errors_only([&] {
    const auto layer = SelfAttention::load(
        engine, path, {.heads = 1 + bytes[0] / 2 % 3, .has_output_projection = projected});
    const std::int64_t width = layer.width(), output_width = layer.output_width();
    if (width > 25000 || output_width > 25000) return;
    const std::vector<float> x(static_cast<std::size_t>(4 * width), 0.5f);
    std::vector<float> z(static_cast<std::size_t>(4 * output_width));
    const std::vector<std::int64_t> offsets = {0, 1, 4};
    layer.forward(engine, {{x.data(), 4, width, width}, offsets}, {z.data(), 4, output_width, output_width});
  });
  return 0;
}
