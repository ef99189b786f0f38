#include "io/json/strict_json.hpp"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace saccade::io {
namespace {

using nlohmann::json;

/// The most objects and lists within one another: twice what any file that saccade reads has.
constexpr std::size_t max_depth = 64;

/// Builds the value from the parser's events and throws at equal keys and deep nesting. It is one pass
/// because tokenizer.json has up to 35 MB.
class StrictBuilder {
 public:
  StrictBuilder(const Place& place, const std::string& what) : place_(place), what_(what) {}

  [[nodiscard]] json take() { return std::move(root_); }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(json::binary_t& value) { return add(std::move(value)); }
  bool start_object(std::size_t) { return enter(json::object()); }
  bool end_object() { return leave(); }
  bool start_array(std::size_t) { return enter(json::array()); }
  bool end_array() { return leave(); }
  bool key(std::string& key) {
    const auto [member, is_new] = open_.back()->get_ref<json::object_t&>().try_emplace(key, nullptr);
    if (!is_new) throw format_error(place_, what_ + " has two keys '" + printable(key) + "' in one object");
    member_ = &member->second;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception& error) {
    throw format_error(place_, what_ + " is not valid JSON: " + printable(error.what()));
  }

 private:
  bool add(json value) {
    put(std::move(value));
    return true;
  }
  bool enter(json value) {
    open_.push_back(put(std::move(value)));
    if (open_.size() <= max_depth) return true;
    throw format_error(place_, what_ + " is nested more than " + std::to_string(max_depth) + " deep");
  }
  bool leave() {
    open_.pop_back();
    return true;
  }
  /// Stores a value as an item of the innermost list, or as the member whose key came last.
  json* put(json value) {
    if (!open_.empty() && open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    json* const to = open_.empty() ? &root_ : member_;
    *to = std::move(value);
    return to;
  }

  const Place& place_;
  const std::string& what_;
  json root_;
  json* member_ = nullptr;
  std::vector<json*> open_;  ///< objects and lists that have not ended, outermost first
};

}  // namespace

json parse_strict_json(const Place& place, const std::string& text, const std::string& what) {
  const std::size_t zero = text.find('\0');
  if (zero != std::string::npos) {
    throw format_error(place, what + " is not valid JSON: byte " + std::to_string(zero) + " is zero");
  }
  StrictBuilder builder(place, what);
  static_cast<void>(json::sax_parse(text, &builder));
  return builder.take();
}

json parse_strict_object(const Place& place, const std::string& text, const std::string& what) {
  json object = parse_strict_json(place, text, what);
  if (object.is_object()) return object;
  throw format_error(place, what + " is not a JSON object");
}

}  // namespace saccade::io
