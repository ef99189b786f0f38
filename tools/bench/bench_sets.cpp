#include "bench/bench_sets.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "bench/random.hpp"
#include "saccade/error.hpp"

namespace saccade::command {
namespace {

using Json = nlohmann::json;

/// The ids of a line {"ids": [...]}; nothing where it is not of this form.
std::optional<std::vector<std::int32_t>> ids_in(const std::string& line, std::int64_t vocabulary) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("ids") || !json["ids"].is_array()) return std::nullopt;
  std::vector<std::int32_t> ids;
  for (const Json& id : json["ids"]) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= static_cast<std::uint64_t>(vocabulary))
      return std::nullopt;
    ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

}  // namespace

void TokenSet::add(const std::vector<std::int32_t>& sequence) {
  ids.insert(ids.end(), sequence.begin(), sequence.end());
  offsets.push_back(static_cast<std::int64_t>(ids.size()));
}

TokenSet read_set(const std::filesystem::path& path, const Encoder& encoder) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorCode::file_not_usable, path.string() + ": cannot be read");
  TokenSet set = {.name = path.stem().string()};
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    const auto ids = ids_in(line, encoder.vocabulary());
    if (!ids || static_cast<std::int64_t>(ids->size()) > encoder.max_tokens())
      throw Error(ErrorCode::file_format, path.string() + ": line " + std::to_string(number) +
                                              R"(: expected {"ids": [...]} with at most )" +
                                              std::to_string(encoder.max_tokens()) + " ids from 0 to " +
                                              std::to_string(encoder.vocabulary() - 1));
    set.add(*ids);
  }
  if (set.ids.empty()) throw Error(ErrorCode::file_format, path.string() + ": has no ids");
  return set;
}

/// The first ids of a vocabulary mean padding and the like, which an encoder may refuse.
TokenSet made_up_set(std::int64_t batch, std::int64_t length, const Encoder& encoder) {
  const std::int64_t first = std::min<std::int64_t>(1000, encoder.vocabulary() / 2);
  const auto others = static_cast<float>(encoder.vocabulary() - first);
  TokenSet set = {.name = "b" + std::to_string(batch) + "n" + std::to_string(length)};
  for (std::int64_t s = 0; s < batch; ++s) {
    std::vector<std::int32_t> ids;
    for (const float x :
         bench::random_values(static_cast<std::size_t>(length), 9 + static_cast<std::uint64_t>(s)))
      ids.push_back(static_cast<std::int32_t>(first) +
                    static_cast<std::int32_t>(others * std::clamp(x * 0.125f + 0.5f, 0.0f, 0.999f)));
    set.add(ids);
  }
  return set;
}

std::vector<SetPart> parts_of(const TokenSet& set, std::int64_t batch) {
  std::vector<SetPart> parts;
  for (std::int64_t s = 0; s < set.sequences(); s += batch) {
    const auto begin = set.offsets.begin() + s, end = begin + std::min(batch, set.sequences() - s) + 1;
    SetPart part = {{begin, end}, *begin, s};
    for (std::int64_t& offset : part.offsets) offset -= part.first_id;
    parts.push_back(part);
  }
  return parts;
}

}  // namespace saccade::command
