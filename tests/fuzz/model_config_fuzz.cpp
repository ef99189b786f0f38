// One file of a model's directory, chosen by the first byte, beside the others of saccade-mini: configs,
// modules and weights are read and packed.

#include <array>

#include "fixtures/temporary_folder.hpp"
#include "fuzz/memory_folder.hpp"
#include "saccade/encoder.hpp"

namespace saccade::fuzz {
namespace {

constexpr std::array names = {"config.json",
                              "modules.json",
                              "sentence_bert_config.json",
                              "1_Pooling/config.json",
                              "2_Dense/config.json",
                              "config_sentence_transformers.json",
                              "tokenizer_config.json",
                              "model.safetensors.index.json",
                              "2_Dense/model.safetensors"};

/// saccade-mini's directory, in which files are replaced and put back.
class Model {
 public:
  Model() { std::filesystem::copy(sample_model(), folder_.path(), std::filesystem::copy_options::recursive); }

  void load_with(const std::string& name, std::string_view bytes) {
    const bool index = name == "model.safetensors.index.json";
    const std::filesystem::path weights = folder_ / "model.safetensors",
                                shard = folder_ / "shard.safetensors";
    if (index) std::filesystem::rename(weights, shard);
    folder_.write(name, bytes);
    errors_only([&] { static_cast<void>(Encoder::load(engine_, folder_.path())); });
    if (index) std::filesystem::rename(shard, weights);
    put_back(name);
  }

 private:
  void put_back(const std::string& name) const {
    const std::filesystem::path original = sample_model() / name;
    std::filesystem::remove(folder_ / name);
    if (std::filesystem::exists(original)) folder_.write(name, test::read_bytes(original));
  }

  Engine engine_ = Engine({.threads = 1});
  MemoryFolder folder_;
};

}  // namespace
}  // namespace saccade::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace saccade::fuzz;
  static Model model;
  if (size == 0) return 0;
  model.load_with(names[bytes[0] % names.size()], as_text(bytes + 1, size - 1));
  return 0;
}
