#include "pipeline/embed/embed_journal.hpp"

#include <string>

#include "io/files/errors.hpp"
#include "io/files/output_file.hpp"

namespace saccade::pipeline {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json to_json(const EmbedState& state) {
  return {{"texts", state.done.texts},
          {"tokens", state.done.tokens},
          {"truncated", state.done.truncated},
          {"replaced", state.done.replaced},
          {"bad_lines", state.done.bad_lines},
          {"number", state.number},
          {"file", state.position.file},
          {"offset", state.position.offset},
          {"lines", state.position.lines},
          {"crc32", state.crc},
          {"bytes", state.bytes},
          {"complete", state.complete}};
}

/// Members of a line of the journal; errors name it.
class JournalLine {
 public:
  JournalLine(const io::Place& place, const json& line) : place_(place), line_(line) {}

  template <class Number>
  [[nodiscard]] Number whole(const char* key) const {
    const json& value = at(key);
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX) return value.get<Number>();
    throw wrong(key, "a whole number");
  }
  [[nodiscard]] bool flag(const char* key) const {
    if (at(key).is_boolean()) return at(key).get<bool>();
    throw wrong(key, "true or false");
  }
  [[nodiscard]] bool has(const char* key) const { return line_.contains(key); }
  [[nodiscard]] const json& at(const char* key) const {
    const auto found = line_.find(key);
    if (found == line_.end()) throw wrong(key, "it");
    return *found;
  }
  [[nodiscard]] std::vector<std::int64_t> wholes(const char* key) const {
    std::vector<std::int64_t> numbers;
    if (!at(key).is_array()) throw wrong(key, "a list");
    for (const json& value : at(key)) {
      if (!value.is_number_unsigned()) throw wrong(key, "a list of whole numbers");
      numbers.push_back(value.get<std::int64_t>());
    }
    return numbers;
  }

 private:
  [[nodiscard]] Error wrong(const char* key, const std::string& expected) const {
    return io::format_error(place_, std::string("is damaged at '") + key + "'; expected " + expected);
  }

  const io::Place& place_;
  const json& line_;
};

EmbedState parse_state(const JournalLine& line) {
  EmbedState state;
  state.done.texts = line.whole<std::int64_t>("texts");
  state.done.tokens = line.whole<std::int64_t>("tokens");
  state.done.truncated = line.whole<std::int64_t>("truncated");
  state.done.replaced = line.whole<std::int64_t>("replaced");
  state.done.bad_lines = line.whole<std::int64_t>("bad_lines");
  state.number = line.whole<std::int64_t>("number");
  state.position = {line.whole<std::size_t>("file"), line.whole<std::uint64_t>("offset"),
                    line.whole<std::int64_t>("lines")};
  state.crc = line.whole<std::uint32_t>("crc32");
  state.bytes = line.whole<std::uint64_t>("bytes");
  state.complete = line.flag("complete");
  return state;
}

std::string value_at(const json& flat, const std::string& key) {
  const auto found = flat.find(key);
  return found == flat.end() ? "nothing" : io::printable(found->dump());
}

/// "/options/pooling is "max", was "mean"", for the first key that differs; empty: none does.
std::string difference(const json& now, const json& before) {
  const json flat_now = now.flatten();
  const json flat_before = before.flatten();
  const auto compare = [&](const std::string& key) -> std::string {
    const std::string is = value_at(flat_now, key), was = value_at(flat_before, key);
    return is == was ? "" : key + " is " + is + ", was " + was;
  };
  for (const json* keys : {&flat_now, &flat_before}) {
    for (const auto& [key, value] : keys->items()) {
      if (std::string differs = compare(key); !differs.empty()) return differs;
    }
  }
  return {};
}

}  // namespace

fs::path EmbedJournal::path_of(const fs::path& output) {
  fs::path path = io::without_links(output);
  path += ".manifest";
  return path;
}

EmbedJournal::EmbedJournal(const fs::path& output) : journal_(path_of(output)) {
  journal_.replay([&](const json& object, std::int64_t number) {
    const io::Place place{journal_.path().string() + ":" + std::to_string(number)};
    const JournalLine line(place, object);
    if (number == 1) {
      job_ = line.at("job");
      return;
    }
    state_ = parse_state(line);
    if (!line.has("lengths")) return;
    for (const std::int64_t length : line.wholes("lengths")) lengths_.push_back(length);
  });
}

void EmbedJournal::require_same(const json& job) const {
  const std::string differs = difference(job, job_);
  if (differs.empty()) return;
  throw io::argument_error({journal_.path()}, "the unfinished run was another job: " + differs +
                                                  "; expected the same inputs, model and options as before");
}

void EmbedJournal::begin(const json& job) {
  journal_.clear();
  state_.reset();
  lengths_.clear();
  journal_.append({{"job", job}});
}

void EmbedJournal::append(const EmbedState& state, std::span<const std::int64_t> lengths) {
  json line = to_json(state);
  if (!lengths.empty()) line["lengths"] = lengths;
  journal_.append(line);
  state_ = state;
}

}  // namespace saccade::pipeline
