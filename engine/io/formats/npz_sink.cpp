#include "io/formats/npz_sink.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/files/errors.hpp"
#include "io/formats/npy.hpp"
#include "io/formats/storage_types.hpp"

namespace saccade::io {

NpzSink::NpzSink(const std::filesystem::path& path, std::span<const TensorInfo> tensors)
    : file_(path), zip_(file_) {
  if (tensors.size() > ZipWriter::most_entries) {
    throw argument_error({path}, std::to_string(tensors.size()) +
                                     " tensors do not fit an .npz, which takes " +
                                     std::to_string(ZipWriter::most_entries) + "; .safetensors takes more");
  }
  std::uint64_t waits_at = 0;
  for (const TensorInfo& tensor : tensors) {
    const std::uint64_t size = bytes_of(tensor).value();
    entries_.push_back(
        {tensor.name + ".npy", npy_header(tensor), size, 0, std::exchange(waits_at, waits_at + size)});
  }
  begin_current();
  pass_complete();
}

void NpzSink::begin_current() {
  if (current_ == entries_.size()) return;
  const Entry& entry = entries_[current_];
  zip_.open_entry(entry.name, entry.header.size() + entry.size);
  zip_.write(std::as_bytes(std::span(entry.header)));
  if (entry.received > 0) write_waiting(entry);
}

void NpzSink::pass_complete() {
  while (current_ < entries_.size() && entries_[current_].received == entries_[current_].size) {
    zip_.close_entry();
    ++current_;
    begin_current();
  }
}

void NpzSink::write_waiting(const Entry& entry) {
  std::vector<std::byte> piece(std::min<std::uint64_t>(entry.received, 1 << 16));
  for (std::uint64_t done = 0; done < entry.received; done += piece.size()) {
    piece.resize(std::min<std::uint64_t>(entry.received - done, piece.size()));
    if (waiting_.read(entry.waits_at + done, piece) < piece.size())
      throw system_error(file_.target(), "read", EIO);
    zip_.write(piece);
  }
}

void NpzSink::append(std::size_t tensor, std::uint64_t position, std::span<const std::byte> bytes) {
  Entry& entry = entries_[tensor];
  if (tensor == current_) {
    zip_.write(bytes);
  } else {
    if (!waiting_.is_open()) waiting_ = create_nameless(file_.folder(), file_.target());
    waiting_.write(entry.waits_at + position, bytes);
  }
  entry.received = position + bytes.size();
  pass_complete();
}

void NpzSink::finish() {
  zip_.finish();
  file_.finish();
}

}  // namespace saccade::io
