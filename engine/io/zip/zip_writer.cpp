#include "io/zip/zip_writer.hpp"

#include <minizip/zip.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "io/files/errors.hpp"

namespace saccade::io {

/// The callbacks through which minizip writes. An exception must not pass through its C code: the first is
/// kept here, nothing is written after it, and it is thrown when minizip has returned.
struct ZipStream {
  explicit ZipStream(OutputFile& output) : file(output) {}

  OutputFile& file;
  std::uint64_t position = 0;
  std::uint64_t size = 0;
  std::exception_ptr failure;
};

namespace {

ZipStream& as_stream(voidpf opaque) {
  return *static_cast<ZipStream*>(opaque);
}

voidpf open_stream(voidpf opaque, const void*, int) {
  return opaque;
}

uLong refuse_read(voidpf, voidpf, void*, uLong) {
  return 0;
}

uLong write_stream(voidpf opaque, voidpf, const void* bytes, uLong size) noexcept {
  ZipStream& stream = as_stream(opaque);
  if (stream.failure) return 0;
  try {
    stream.file.write(stream.position, {static_cast<const std::byte*>(bytes), size});
  } catch (...) {
    stream.failure = std::current_exception();
    return 0;
  }
  stream.position += size;
  stream.size = std::max(stream.size, stream.position);
  return size;
}

ZPOS64_T tell_stream(voidpf opaque, voidpf) {
  return as_stream(opaque).position;
}

long seek_stream(voidpf opaque, voidpf, ZPOS64_T offset, int origin) {
  ZipStream& stream = as_stream(opaque);
  if (origin == ZLIB_FILEFUNC_SEEK_CUR) offset += stream.position;
  if (origin == ZLIB_FILEFUNC_SEEK_END) offset += stream.size;
  stream.position = offset;
  return 0;
}

int close_stream(voidpf, voidpf) {
  return 0;
}

int error_of_stream(voidpf opaque, voidpf) {
  return as_stream(opaque).failure ? 1 : 0;
}

}  // namespace

ZipWriter::ZipWriter(OutputFile& file) : stream_(std::make_unique<ZipStream>(file)) {
  zlib_filefunc64_def functions = {open_stream, refuse_read,  write_stream,    tell_stream,
                                   seek_stream, close_stream, error_of_stream, stream_.get()};
  archive_ = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &functions);
  if (archive_ == nullptr) throw std::bad_alloc();
}

ZipWriter::~ZipWriter() {
  if (archive_ == nullptr) return;
  // Frees minizip's memory without writing more.
  if (!stream_->failure)
    stream_->failure = std::make_exception_ptr(Error(ErrorCode::cancelled, "not committed"));
  zipClose(archive_, nullptr);
}

void ZipWriter::check(int status) const {
  if (stream_->failure) std::rethrow_exception(stream_->failure);
  if (status == ZIP_OK) return;
  throw Error(ErrorCode::file_not_usable, to_string({stream_->file.target()}) +
                                              "cannot write: minizip reports " + std::to_string(status));
}

void ZipWriter::open_entry(const std::string& name, std::uint64_t size) {
  zip_fileinfo info = {};
  info.dosDate = (1 << 21) | (1 << 16);  // year 1980 + 0, month 1, day 1
  constexpr uLong made_by_dos = 0;       // no permissions in the archive
  constexpr uLong names_are_utf8 = 1 << 11;
  constexpr std::uint64_t zip32_limit = 0xffffffff;
  check(zipOpenNewFileInZip4_64(archive_, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr, 0, 0, 0,
                                -MAX_WBITS, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, nullptr, 0, made_by_dos,
                                names_are_utf8, size >= zip32_limit ? 1 : 0));
}

void ZipWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::span<const std::byte> step = bytes.first(std::min<std::size_t>(bytes.size(), 1u << 30));
    check(zipWriteInFileInZip(archive_, step.data(), static_cast<unsigned>(step.size())));
    bytes = bytes.subspan(step.size());
  }
}

void ZipWriter::close_entry() {
  check(zipCloseFileInZip(archive_));
}

void ZipWriter::finish() {
  check(zipClose(std::exchange(archive_, nullptr), nullptr));
}

}  // namespace saccade::io
