#include "pipeline/embed/embed_journal.hpp"

#include <string>

#include "core/as_size.hpp"
#include "io/files/errors.hpp"
#include "io/files/output_path.hpp"
#include "io/json/json_value.hpp"

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
          {"not_finite", state.done.not_finite},
          {"number", state.number},
          {"file", state.position.file},
          {"offset", state.position.offset},
          {"lines", state.position.lines},
          {"crc32", state.crc},
          {"bytes", state.bytes},
          {"output_crc32", state.output_crc},
          {"complete", state.complete}};
}

EmbedState parse_state(const io::JsonValue& line) {
  const auto whole = [&](const char* key, std::int64_t most = INT64_MAX) {
    return line.at(key).whole({.most = most});
  };
  EmbedState state;
  state.done.texts = whole("texts");
  state.done.tokens = whole("tokens");
  state.done.truncated = whole("truncated");
  state.done.replaced = whole("replaced");
  state.done.bad_lines = whole("bad_lines");
  state.done.not_finite = whole("not_finite");
  state.number = whole("number");
  state.position = {core::as_size(whole("file")), static_cast<std::uint64_t>(whole("offset")),
                    whole("lines")};
  state.crc = static_cast<std::uint32_t>(whole("crc32", UINT32_MAX));
  state.bytes = static_cast<std::uint64_t>(whole("bytes"));
  state.output_crc = static_cast<std::uint32_t>(whole("output_crc32", UINT32_MAX));
  state.complete = line.at("complete").flag();
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
  journal_.replay([&](const io::JsonValue& line, std::int64_t number) {
    if (number == 1) {
      job_ = line.at("job").raw();
      return;
    }
    state_ = parse_state(line);
    if (!line.has("lengths")) return;
    line.at("lengths").each(
        [&](const io::JsonValue& length) { lengths_.push_back(length.whole({.most = INT64_MAX})); });
  });
}

void EmbedJournal::require_same(const json& job) const {
  const std::string differs = difference(job, job_.value());
  if (differs.empty()) return;
  throw io::argument_error({journal_.path()}, "the unfinished run was another job: " + differs +
                                                  "; expected the same inputs, model and options as before");
}

void EmbedJournal::begin(const json& job) {
  job_ = job;
  state_.reset();
  lengths_.clear();
  journal_.begin(job);
}

void EmbedJournal::append(const EmbedState& state, std::span<const std::int64_t> lengths) {
  json line = to_json(state);
  if (!lengths.empty()) line["lengths"] = lengths;
  journal_.append(line);
  state_ = state;
}

}  // namespace saccade::pipeline
