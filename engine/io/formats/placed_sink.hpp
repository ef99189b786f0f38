#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/files/output_file.hpp"
#include "io/formats/tensor_sink.hpp"

namespace saccade::io {

/// Writes formats in which the offset of every tensor is known in advance: .npy and .safetensors.
class PlacedSink : public TensorSink {
 public:
  /// `header`: the file's first bytes. `begins`: the offset of each tensor.
  PlacedSink(const std::filesystem::path& path, const std::string& header, std::vector<std::uint64_t> begins);

  void append(std::size_t tensor, std::uint64_t position, std::span<const std::byte> bytes) override;
  void finish() override;
  void commit() override { file_.commit(); }

 private:
  OutputFile file_;
  std::vector<std::uint64_t> begins_;
};

}  // namespace saccade::io
