#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "io/files/output_file.hpp"
#include "io/formats/tensor_sink.hpp"
#include "io/zip/zip_writer.hpp"
#include "saccade/tensor_file.hpp"

namespace saccade::io {

/// An .npz with one stored entry a tensor, in declared order, whatever the order of appending: the same
/// tensors give the same bytes. The first tensor that is not complete streams into the archive; what comes
/// early for later ones waits in a nameless file, in which each has its own range.
class NpzSink : public TensorSink {
 public:
  NpzSink(const std::filesystem::path& path, std::span<const TensorInfo> tensors);

  void append(std::size_t tensor, std::uint64_t position, std::span<const std::byte> bytes) override;
  void finish() override;
  void commit() override { file_.commit(); }

 private:
  /// A tensor on its way into the archive.
  struct Entry {
    std::string name;
    std::string header;
    std::uint64_t size = 0;      ///< of the elements
    std::uint64_t received = 0;  ///< bytes appended
    std::uint64_t waits_at = 0;  ///< in waiting_
  };

  void begin_current();
  void pass_complete();
  void write_waiting(const Entry& entry);

  OutputFile file_;
  ZipWriter zip_;
  std::vector<Entry> entries_;
  std::size_t current_ = 0;  ///< the entry that is open in the archive
  FileDescriptor waiting_;   ///< open once something had to wait
};

}  // namespace saccade::io
