// Parts of an output: the first byte chooses the format, the rest is part 0 of 1 or both parts of 2.

#include <array>
#include <string>

#include "fuzz/memory_folder.hpp"
#include "saccade/embed_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace saccade::fuzz;
  static const MemoryFolder folder;
  if (size == 0) return 0;
  constexpr std::array names = {"out.npy", "out.safetensors", "out.jsonl"};
  const auto output = folder / names[bytes[0] % names.size()];
  const std::string_view part = as_text(bytes + 1, size - 1);
  for (const std::int64_t index : {0, 1})
    folder.write(saccade::shard_path(output, {.index = index, .count = 2}).filename().string(), part);
  errors_only([&] { static_cast<void>(saccade::merge_shards(output)); });
  std::filesystem::remove(output);
  for (const std::int64_t index : {0, 1})
    std::filesystem::remove(saccade::shard_path(output, {.index = index, .count = 2}));
  return 0;
}
