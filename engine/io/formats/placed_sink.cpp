#include "io/formats/placed_sink.hpp"

#include <utility>

namespace saccade::io {

PlacedSink::PlacedSink(const std::filesystem::path& path, const std::string& header,
                       std::vector<std::uint64_t> begins)
    : file_(path), begins_(std::move(begins)) {
  file_.write(0, std::as_bytes(std::span(header)));
}

void PlacedSink::append(std::size_t tensor, std::uint64_t position, std::span<const std::byte> bytes) {
  file_.write(begins_[tensor] + position, bytes);
}

void PlacedSink::finish() {
  file_.finish();
}

}  // namespace saccade::io
