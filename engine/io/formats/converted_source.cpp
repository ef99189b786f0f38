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

class FromFortranOrder : public ConvertedSource {
 public:
  explicit FromFortranOrder(const StoredTensor& tensor)
      : ConvertedSource(tensor), rows_(static_cast<std::uint64_t>(tensor.info.shape[0])) {
    std::uint64_t stride = 1;  // in C order
    for (std::size_t i = tensor.info.shape.size() - 1; i > 0; --i) {
      inner_.push_back({static_cast<std::uint64_t>(tensor.info.shape[i]), stride});
      stride *= inner_.back().size;
    }
    std::reverse(inner_.begin(), inner_.end());
    row_ = stride;
  }

  void read(std::uint64_t offset, std::span<std::byte> out) override {
    const std::uint64_t first = offset / element(), last = first + out.size() / element();
    // The rows, by the first index, in which the elements lie: of each column, one stretch of the file.
    const std::uint64_t top = first / row_, count = (last + row_ - 1) / row_ - top;
    column_.resize(count * element());
    for (std::uint64_t c = 0; c < row_; ++c) {
      read_stored(c * rows_ + top, column_);
      const std::uint64_t at = place_of_column(c);
      for (std::uint64_t r = 0; r < count; ++r) {
        const std::uint64_t number = (top + r) * row_ + at;
        if (number >= first && number < last)
          std::memcpy(out.data() + (number - first) * element(), column_.data() + r * element(), element());
      }
    }
  }

  void release_memory() noexcept override {
    column_ = {};
    ConvertedSource::release_memory();
  }

 private:
  struct Dimension {
    std::uint64_t size;
    std::uint64_t stride;
  };

  /// Where column number c of the file, all indices but the first, lies in a row in C order.
  [[nodiscard]] std::uint64_t place_of_column(std::uint64_t c) const noexcept {
    std::uint64_t place = 0;
    for (const Dimension& dimension : inner_) {
      place += c % dimension.size * dimension.stride;
      c /= dimension.size;
    }
    return place;
  }

  std::uint64_t rows_;
  std::uint64_t row_ = 1;         ///< elements of a row
  std::vector<Dimension> inner_;  ///< from the second on
  std::vector<std::byte> column_;
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
