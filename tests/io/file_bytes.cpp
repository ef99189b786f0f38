#include "io/file_bytes.hpp"

namespace saccade::test {
namespace {

/// Bits as deflate packs them, the lowest of a byte first.
class BitWriter {
 public:
  void put(std::uint32_t value, int count) {  // lowest bit first
    for (int i = 0; i < count; ++i) put_bit((value >> i) & 1);
  }
  void put_code(std::uint32_t code, int count) {  // Huffman codes: highest bit first
    for (int i = count - 1; i >= 0; --i) put_bit((code >> i) & 1);
  }
  [[nodiscard]] std::string take() {
    while (used_ != 0) put_bit(0);
    return bytes_;
  }

 private:
  void put_bit(std::uint32_t bit) {
    byte_ |= bit << used_;
    if (++used_ < 8) return;
    bytes_ += static_cast<char>(byte_);
    byte_ = 0;
    used_ = 0;
  }

  std::string bytes_;
  std::uint32_t byte_ = 0;
  int used_ = 0;
};

std::string sizes_of(const ZipEntryBytes& entry) {
  return little_endian(entry.crc, 4) + little_endian(entry.content.size(), 4) + little_endian(entry.size, 4);
}

}  // namespace

std::string little_endian(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
  return bytes;
}

std::string npy_bytes(const std::string& header, const std::string& data, char version) {
  return std::string("\x93NUMPY") + version + '\0' + little_endian(header.size(), version == 1 ? 2 : 4) +
         header + data;
}

std::string npy_text(const std::string& descr, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

std::string safetensors_bytes(const std::string& header, const std::string& data) {
  return little_endian(header.size(), 8) + header + data;
}

std::uint32_t crc32_of(const std::string& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

std::string deflate(const std::string& bytes) {
  BitWriter bits;
  bits.put(1, 1);  // the last block
  bits.put(1, 2);  // fixed codes, RFC 1951 section 3.2.6
  for (const char c : bytes) {
    const std::uint32_t literal = static_cast<unsigned char>(c);
    if (literal < 144) {
      bits.put_code(0x30 + literal, 8);
    } else {
      bits.put_code(0x190 + literal - 144, 9);
    }
  }
  bits.put_code(0, 7);  // end of block
  return bits.take();
}

ZipEntryBytes stored(const std::string& name, const std::string& bytes) {
  return {name, bytes, 0, 0, crc32_of(bytes), static_cast<std::uint32_t>(bytes.size())};
}

ZipEntryBytes deflated(const std::string& name, const std::string& bytes) {
  return {name, deflate(bytes), 8, 0, crc32_of(bytes), static_cast<std::uint32_t>(bytes.size())};
}

std::string zip_bytes(const std::vector<ZipEntryBytes>& entries) {
  std::string file;
  std::string directory;
  for (const ZipEntryBytes& entry : entries) {
    const std::string common = little_endian(20, 2) + little_endian(entry.flags, 2) +
                               little_endian(entry.method, 2) + little_endian(0x210000, 4) + sizes_of(entry) +
                               little_endian(entry.name.size(), 2) + little_endian(0, 2);
    directory += "PK\x01\x02" + little_endian(20, 2) + common + std::string(10, '\0') +
                 little_endian(file.size(), 4) + entry.name;
    file += "PK\x03\x04" + common + entry.name + entry.content;
  }
  return file + directory + "PK\x05\x06" + std::string(4, '\0') + little_endian(entries.size(), 2) +
         little_endian(entries.size(), 2) + little_endian(directory.size(), 4) +
         little_endian(file.size(), 4) + std::string(2, '\0');
}

}  // namespace saccade::test
