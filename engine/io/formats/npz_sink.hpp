#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "io/files/output_file.hpp"
#include "io/formats/tensor_sink.hpp"
#include "io/zip/zip_writer.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::io {

/// Writes an .npz with one stored entry for each tensor, in declared order whatever the order of appending,
/// so that the same tensors give the same bytes. The first incomplete tensor is written into the archive;
/// bytes of later tensors are kept in a temporary file, in which each has its own range.
class NpzSink : public TensorSink {
 public:
  NpzSink(const std::filesystem::path& path, std::span<const TensorInfo> tensors);

  void append(std::size_t tensor, std::uint64_t position, std::span<const std::byte> bytes) override;
  void finish() override;
  void commit() override { file_.commit(); }

 private:
  /// A tensor that is being written.
  struct Entry {
    std::string name;
    std::string header;
    std::uint64_t size = 0;      ///< of the elements
    std::uint64_t received = 0;  ///< bytes appended
    std::uint64_t waits_at = 0;  ///< its offset in waiting_
  };

  void begin_current();
  void pass_complete();
  void write_waiting(const Entry& entry);

  OutputFile file_;
  ZipWriter zip_;
  std::vector<Entry> entries_;
  std::size_t current_ = 0;  ///< the entry that is open in the archive
  FileDescriptor waiting_;   ///< the temporary file, open after its first use
};

}  // namespace saccade::io
