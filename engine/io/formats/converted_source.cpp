#include "io/formats/converted_source.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "io/formats/storage_types.hpp"

namespace saccade::io {
namespace {

/// The bytes of a tensor's elements in another form than the file has them. read() takes whole elements.
class ConvertedSource : public ByteSource {
 public:
  explicit ConvertedSource(const StoredTensor& tensor)
      : bytes_(tensor.bytes),
        begin_(tensor.begin),
        size_(bytes_of(tensor.info).value()),
        element_(size_of(tensor.info.type)) {}

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  [[nodiscard]] bool random_access() const noexcept override { return bytes_->random_access(); }
  void release_memory() noexcept override { bytes_->release_memory(); }

 protected:
  /// Reads the elements from number `first` on as they are stored.
  void read_stored(std::uint64_t first, std::span<std::byte> out) {
    bytes_->read(begin_ + first * element_, out);
  }
  [[nodiscard]] std::size_t element() const noexcept { return element_; }

 private:
  std::shared_ptr<ByteSource> bytes_;
  std::uint64_t begin_;
  std::uint64_t size_;
  std::size_t element_;
};

class FromBigEndian : public ConvertedSource {
 public:
  using ConvertedSource::ConvertedSource;

  void read(std::uint64_t offset, std::span<std::byte> out) override {
    read_stored(offset / element(), out);
    for (auto at = out.begin(); at != out.end(); at += static_cast<std::ptrdiff_t>(element()))
      std::reverse(at, at + static_cast<std::ptrdiff_t>(element()));
  }
};

/// Elements in Fortran order: of each column, all indices but the first, a stretch of the file with an
/// element for each row. Whole rows are read column by column, parts of a row element by element, and all of
/// what cannot be read at random at once.
class FromFortranOrder : public ConvertedSource {
 public:
  explicit FromFortranOrder(const StoredTensor& tensor)
      : ConvertedSource(tensor),
        reads_at_once_(!tensor.bytes->random_access()),
        rows_(static_cast<std::uint64_t>(tensor.info.shape[0])) {
    for (std::size_t i = tensor.info.shape.size() - 1; i > 0; --i) {
      const auto size = static_cast<std::uint64_t>(tensor.info.shape[i]);
      inner_.push_back({size, columns_, 0});
      columns_ *= size;
    }
    std::uint64_t stride = 1;
    for (auto dimension = inner_.rbegin(); dimension != inner_.rend(); ++dimension) {
      dimension->file_stride = stride;
      stride *= dimension->size;
    }
  }

  void read(std::uint64_t offset, std::span<std::byte> out) override {
    if (out.empty()) return;
    if (reads_at_once_ && all_.empty()) {
      all_.resize(size());
      read_stored(0, all_);
    }
    std::uint64_t first = offset / element();
    while (!out.empty()) {
      const std::uint64_t column = first % columns_, count = out.size() / element();
      const bool whole_rows = column == 0 && count >= columns_;
      const std::uint64_t taken =
          whole_rows ? count / columns_ * columns_ : std::min(count, columns_ - column);
      const std::span<std::byte> to = out.first(taken * element());
      for (std::uint64_t c = column; c < (whole_rows ? columns_ : column + taken); ++c)
        read_column(c, first / columns_, whole_rows ? taken / columns_ : 1,
                    to.subspan((c - column) * element()));
      first += taken;
      out = out.subspan(to.size());
    }
  }

  void release_memory() noexcept override {
    all_ = {};
    column_ = {};
    ConvertedSource::release_memory();
  }

 private:
  struct Dimension {
    std::uint64_t size;
    std::uint64_t stride;       ///< in C order
    std::uint64_t file_stride;  ///< of columns in the file
  };

  /// Reads `count` elements of the column from a row on to `out`, a row apart.
  void read_column(std::uint64_t column, std::uint64_t row, std::uint64_t count, std::span<std::byte> out) {
    const std::uint64_t number = number_in_file(column) * rows_ + row;
    const std::byte* from = all_.data() + (reads_at_once_ ? number * element() : 0);
    if (!reads_at_once_) {
      column_.resize(count * element());
      read_stored(number, column_);
      from = column_.data();
    }
    for (std::uint64_t r = 0; r < count; ++r)
      std::memcpy(out.data() + r * columns_ * element(), from + r * element(), element());
  }

  [[nodiscard]] std::uint64_t number_in_file(std::uint64_t column) const noexcept {
    std::uint64_t number = 0;
    for (const Dimension& dimension : inner_)
      number += column / dimension.stride % dimension.size * dimension.file_stride;
    return number;
  }

  bool reads_at_once_;
  std::uint64_t rows_;
  std::uint64_t columns_ = 1;
  std::vector<Dimension> inner_;  ///< all but the first, the last one first
  std::vector<std::byte> column_;
  std::vector<std::byte> all_;  ///< the elements as stored, where they are read at once
};

template <class Source>
StoredTensor convert(StoredTensor tensor) {
  tensor.bytes = std::make_shared<Source>(tensor);
  tensor.begin = 0;
  return tensor;
}

}  // namespace

StoredTensor from_big_endian(StoredTensor tensor) {
  return size_of(tensor.info.type) == 1 ? tensor : convert<FromBigEndian>(std::move(tensor));
}

StoredTensor from_fortran_order(StoredTensor tensor) {
  const bool same = tensor.info.shape.size() < 2 || tensor.info.elements() == 0;
  return same ? tensor : convert<FromFortranOrder>(std::move(tensor));
}

}  // namespace saccade::io
