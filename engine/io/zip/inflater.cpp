#include "io/zip/inflater.hpp"

#include <algorithm>
#include <new>
#include <string>

#include "io/files/errors.hpp"

namespace saccade::io {
namespace {

constexpr std::size_t input_size = 1 << 16;

}  // namespace

Inflater::Inflater(InputFile& file, const ZipEntry& entry) : file_(file), entry_(entry), input_(input_size) {
  constexpr int raw_deflate = -MAX_WBITS;  // zip stores no zlib header
  if (inflateInit2(&stream_, raw_deflate) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() {
  inflateEnd(&stream_);
}

void Inflater::read(std::span<std::byte> out) {
  while (!out.empty()) out = out.subspan(read_some(out));
}

std::size_t Inflater::read_some(std::span<std::byte> out) {
  if (stream_.avail_in == 0) refill();
  const auto wanted =
      static_cast<uInt>(std::min<std::size_t>(out.size(), 1u << 30));  // zlib counts in 32 bits
  stream_.next_out = reinterpret_cast<Bytef*>(out.data());
  stream_.avail_out = wanted;
  const int status = ::inflate(&stream_, Z_NO_FLUSH);
  const std::size_t produced = wanted - stream_.avail_out;
  position_ += produced;
  check(status, produced);
  return produced;
}

void Inflater::refill() {
  const std::uint64_t size = std::min<std::uint64_t>(input_.size(), entry_.compressed_size - consumed_);
  file_.read(entry_.begin + consumed_, std::span(input_).first(size));
  consumed_ += size;
  stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
  stream_.avail_in = static_cast<uInt>(size);
}

/// Z_OK without a byte produced is progress too: input was taken.
void Inflater::check(int status, std::size_t produced) const {
  if (status == Z_OK || (status == Z_STREAM_END && produced > 0)) return;
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  std::string reason = "the deflated bytes are corrupt";
  if (status == Z_STREAM_END || status == Z_BUF_ERROR) reason = "the deflated bytes end too early";
  if (stream_.msg != nullptr) reason += std::string(" (") + stream_.msg + ")";
  throw format_error({file_.path(), entry_.name}, reason + ": " + std::to_string(position_) +
                                                      " bytes came out of " + std::to_string(entry_.size));
}

}  // namespace saccade::io
