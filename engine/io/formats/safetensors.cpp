#include "io/formats/safetensors.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "io/files/errors.hpp"
#include "io/formats/safetensors_header.hpp"
#include "io/formats/storage_types.hpp"

namespace saccade::io {
namespace {

constexpr std::uint64_t length_size = 8;
/// The longest header, as in the reference implementation.
constexpr std::uint64_t longest_header = 100'000'000;

std::uint64_t read_header_size(InputFile& file) {
  std::uint64_t size = 0;
  file.read(0, std::as_writable_bytes(std::span(&size, 1)));
  const std::uint64_t follow = file.size() - length_size;
  const std::string says = "the safetensors header says that it is " + std::to_string(size) + " bytes long, ";
  if (size > follow) {
    throw format_error({file.path()},
                       says + "but " + std::to_string(follow) + " follow: truncated or corrupt");
  }
  if (size > longest_header) {
    throw format_error({file.path()},
                       says + "more than the " + std::to_string(longest_header) + " that the format allows");
  }
  return size;
}

/// Indices of the tensors in the order of their bytes.
std::vector<std::size_t> order_of_bytes(std::span<const TensorInfo> tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return size_of(tensors[a].type) > size_of(tensors[b].type);
  });
  return order;
}

std::string quoted(const std::filesystem::path& path, const std::string& name) {
  try {
    return nlohmann::json(name).dump();
  } catch (const nlohmann::json::exception&) {
    throw argument_error({path, name}, "the name is not valid UTF-8, which .safetensors demands");
  }
}

std::string entry_text(const TensorInfo& tensor, std::uint64_t begin, std::uint64_t end) {
  const nlohmann::ordered_json entry = {
      {"dtype", row_of(tensor.type).safetensors}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  return entry.dump();
}

std::string with_length(std::string text, std::size_t least) {
  text.resize((std::max(text.size() + length_size, least) + 7) / 8 * 8 - length_size,
              ' ');  // the tensors begin at a multiple of 8
  std::string length(length_size, '\0');
  for (std::size_t byte = 0; byte < length_size; ++byte)
    length[byte] = static_cast<char>((text.size() >> (8 * byte)) & 0xff);
  return length + text;
}

}  // namespace

std::vector<StoredTensor> read_safetensors(const std::shared_ptr<InputFile>& file) {
  const std::string text = read_string(*file, length_size, read_header_size(*file));
  const std::uint64_t data_begin = length_size + text.size();
  std::vector<StoredTensor> tensors;
  for (SafetensorsEntry& entry : parse_safetensors_header(file->path(), text, file->size() - data_begin)) {
    tensors.push_back({std::move(entry.info), file, data_begin + entry.begin, std::move(entry.unreadable)});
  }
  return tensors;
}

std::string safetensors_header(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                               std::size_t least) {
  std::string text = "{";
  std::uint64_t end = 0;
  for (const TensorInfo& tensor : tensors) {
    const std::uint64_t begin = std::exchange(end, end + bytes_of(tensor).value());
    text += (text.size() > 1 ? "," : "") + quoted(path, tensor.name) + ":" + entry_text(tensor, begin, end);
  }
  return with_length(text + "}", least);
}

SafetensorsLayout safetensors_layout(const std::filesystem::path& path, std::span<const TensorInfo> tensors) {
  std::vector<TensorInfo> ordered;
  SafetensorsLayout layout{"", std::vector<std::uint64_t>(tensors.size())};
  std::uint64_t end = 0;
  for (const std::size_t i : order_of_bytes(tensors)) {
    layout.begins[i] = std::exchange(end, end + bytes_of(tensors[i]).value());
    ordered.push_back(tensors[i]);
  }
  layout.header = safetensors_header(path, ordered);
  for (std::uint64_t& begin : layout.begins) begin += layout.header.size();
  return layout;
}

}  // namespace saccade::io
