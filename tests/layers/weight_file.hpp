#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "saccade/tensor_file.hpp"

namespace saccade::test {

/// A .safetensors file that is put together tensor by tensor, and removed at the end.
class WeightFile {
 public:
  WeightFile()
      : path_(std::filesystem::temp_directory_path() /
              ("saccade-test-layers-" + std::to_string(::getpid()) + ".safetensors")) {}
  WeightFile(const WeightFile&) = delete;
  WeightFile& operator=(const WeightFile&) = delete;
  ~WeightFile() { std::filesystem::remove(path_); }

  WeightFile& add(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values) {
    tensors_.push_back({name, std::move(shape), std::move(values)});
    return *this;
  }

  /// Written by the library, F32.
  const std::filesystem::path& write() const {
    std::vector<TensorInfo> infos;
    for (const Tensor& t : tensors_) infos.push_back({t.name, StorageType::f32, t.shape});
    TensorFileWriter writer(path_, infos);
    for (const Tensor& t : tensors_) writer.append(t.name, t.values);
    writer.commit();
    return path_;
  }

  /// Written byte by byte, as "F16" or "BF16"; every value must be exact in it.
  const std::filesystem::path& write_halves(const std::string& type) const {
    nlohmann::json header;
    std::string bytes;
    for (const Tensor& t : tensors_) {
      const std::size_t begin = bytes.size();
      for (const float x : t.values) {
        const std::uint16_t bits = type == "F16" ? f16_bits(x) : bf16_bits(x);
        bytes += static_cast<char>(bits & 0xffu);
        bytes += static_cast<char>(bits >> 8);
      }
      header[t.name] = {{"dtype", type}, {"shape", t.shape}, {"data_offsets", {begin, bytes.size()}}};
    }
    const std::string text = header.dump();
    const std::uint64_t size = text.size();
    std::ofstream(path_, std::ios::binary).write(reinterpret_cast<const char*>(&size), sizeof size)
        << text << bytes;
    return path_;
  }

 private:
  struct Tensor {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> values;
  };

  static std::uint32_t bits_of(float x) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
  }
  static std::uint16_t bf16_bits(float x) { return static_cast<std::uint16_t>(bits_of(x) >> 16); }
  /// Of zero and of normal numbers of F16.
  static std::uint16_t f16_bits(float x) {
    const std::uint32_t bits = bits_of(x), sign = bits >> 16 & 0x8000u;
    if (x == 0.0f) return static_cast<std::uint16_t>(sign);
    return static_cast<std::uint16_t>(sign | ((bits >> 23 & 0xffu) - 112u) << 10 | (bits >> 13 & 0x3ffu));
  }

  std::filesystem::path path_;
  std::vector<Tensor> tensors_;
};

}  // namespace saccade::test
