#include "io/json/strict_json.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace saccade::io {
namespace {

using nlohmann::json;

/// Follows the parser's events. (json::parse's own callback would do, but makes it look through all members
/// of an object again for each: minutes for 65,000 tensors.)
class Strictness {
 public:
  Strictness(const Place& place, const std::string& what) : place_(place), what_(what) {}

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(json::number_integer_t) { return true; }
  bool number_unsigned(json::number_unsigned_t) { return true; }
  bool number_float(json::number_float_t, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  bool binary(json::binary_t&) { return true; }
  bool start_object(std::size_t) { return enter(); }
  bool end_object() { return leave(); }
  bool start_array(std::size_t) { return enter(); }
  bool end_array() { return leave(); }
  bool key(std::string& key) {
    if (keys_.back().insert(key).second) return true;
    throw format_error(place_, what_ + " has two keys '" + printable(key) + "' in one object");
  }
  /// What is wrong is said by the parser itself.
  bool parse_error(std::size_t, const std::string&, const json::exception&) { return false; }

 private:
  bool enter() {
    constexpr std::size_t deepest = 8;
    keys_.emplace_back();
    if (keys_.size() <= deepest) return true;
    throw format_error(place_, what_ + " is nested more than " + std::to_string(deepest) + " deep");
  }
  bool leave() {
    keys_.pop_back();
    return true;
  }

  const Place& place_;
  const std::string& what_;
  std::vector<std::set<std::string>> keys_;  ///< of each open object
};

}  // namespace

json parse_strict_json(const Place& place, const std::string& text, const std::string& what) {
  const std::size_t zero = text.find('\0');
  if (zero != std::string::npos) {
    throw format_error(place, what + " is not valid JSON: byte " + std::to_string(zero) + " is zero");
  }
  try {
    Strictness strictness(place, what);
    static_cast<void>(json::sax_parse(text, &strictness));
    return json::parse(text);
  } catch (const json::exception& error) {
    throw format_error(place, what + " is not valid JSON: " + printable(error.what()));
  }
}

json parse_strict_object(const Place& place, const std::string& text, const std::string& what) {
  json object = parse_strict_json(place, text, what);
  if (object.is_object()) return object;
  throw format_error(place, what + " is not a JSON object");
}

}  // namespace saccade::io
