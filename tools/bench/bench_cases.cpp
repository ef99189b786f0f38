#include "bench/bench_cases.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "saccade/error.hpp"
#include "shell/numbers.hpp"

namespace saccade::command {
namespace {

using bench::AttentionShape;
using bench::MaskKind;

/// The whole numbers of a line; nothing where it has other words.
std::optional<std::vector<std::int64_t>> numbers_of(const std::string& line) {
  std::istringstream words(line.substr(0, line.find('#')));
  std::vector<std::int64_t> numbers;
  for (std::string word; words >> word;) {
    const std::optional<std::int64_t> number = whole_number_in(word);
    if (!number || *number < 0) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

bool is_case(const std::vector<std::int64_t>& numbers) {
  return (numbers.size() == 5 || numbers.size() == 6) &&
         std::find(numbers.begin(), numbers.begin() + 5, 0) == numbers.begin() + 5;
}

/// Whether each tensor of the shape has less than 10^12 values.
bool fits(const AttentionShape& s) {
  const auto values = [&](std::int64_t heads, std::int64_t tokens) {
    return static_cast<double>(s.batch) * static_cast<double>(heads) * static_cast<double>(tokens) *
           static_cast<double>(s.head_dim);
  };
  return std::max(values(s.heads, s.queries), values(s.kv_heads, s.keys)) < 1e12;
}

std::vector<AttentionShape> of_lists(const ShapeLists& lists) {
  std::vector<AttentionShape> shapes;
  const std::vector<std::int64_t> same = {0};
  for (const std::int64_t head_dim : lists.head_dims)
    for (const std::int64_t heads : lists.heads)
      for (const std::int64_t kv_heads : lists.kv_heads.empty() ? same : lists.kv_heads)
        for (const std::int64_t batch : lists.batches)
          for (const std::int64_t length : lists.lengths)
            for (const std::int64_t queries : lists.queries.empty() ? same : lists.queries)
              shapes.push_back({batch, heads, kv_heads == 0 ? heads : kv_heads,
                                queries == 0 ? length : queries, length, head_dim});
  return shapes;
}

void check(const AttentionShape& s) {
  if (s.heads % s.kv_heads != 0)
    throw CLI::ValidationError("--kv-heads", std::to_string(s.heads) + " heads are not a multiple of " +
                                                 std::to_string(s.kv_heads) + " key heads");
  if (!fits(s)) throw CLI::ValidationError("--lengths", s.name() + " is more than memory can hold");
}

}  // namespace

std::vector<AttentionShape> read_cases(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorCode::file_not_usable, path.string() + ": cannot be read");
  std::vector<AttentionShape> shapes;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const auto numbers = numbers_of(line);
    if (numbers && numbers->empty()) continue;
    const auto refuse = [&](const std::string& why) {
      throw Error(ErrorCode::file_format,
                  path.string() + ": line " + std::to_string(number) + ", '" + line + "': " + why);
    };
    if (!numbers || !is_case(*numbers))
      refuse("expected whole numbers of at least 1: batch heads queries keys head_dim");
    const auto& n = *numbers;
    shapes.push_back({n[0], n[1], n[1], n[2], n[3], n[4]});
    if (!fits(shapes.back())) refuse("more than memory can hold");
  }
  if (shapes.empty()) throw Error(ErrorCode::file_format, path.string() + ": has no cases");
  return shapes;
}

std::vector<AttentionShape> shapes_of(const ShapeLists& lists) {
  std::vector<AttentionShape> shapes;
  for (AttentionShape shape : lists.cases.empty() ? of_lists(lists) : read_cases(lists.cases)) {
    if (lists.cases.empty()) check(shape);
    for (const MaskKind mask : lists.masks) {
      shape.mask = mask;
      const bool by_position = mask == MaskKind::causal || mask == MaskKind::window;
      if (!by_position || shape.queries == shape.keys) shapes.push_back(shape);
    }
  }
  if (shapes.empty())
    throw CLI::ValidationError("--mask",
                               "causal and window want as many queries as keys, which no shape has");
  return shapes;
}

}  // namespace saccade::command
