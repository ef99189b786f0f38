#include "io/json/json_members.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace saccade::io {
namespace {

using nlohmann::json;

constexpr const char* an_object = "an object";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Where the syntax of a text is wrong, and what was expected there.
struct SyntaxError {
  std::size_t at = 0;
  const char* expected = nullptr;
};

/// Passes over the parts of a JSON text. It does not recurse, and converts nothing.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  /// NaN or an infinity was passed over.
  [[nodiscard]] bool has_not_finite() const noexcept { return has_not_finite_; }

  void skip_blanks() {
    while (!at_end() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  /// Passes over `c` if it comes next.
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void require(char c, const char* expected) {
    if (!take(c)) fail(expected);
  }
  [[noreturn]] void fail(const char* expected) const { throw SyntaxError{at_, expected}; }

  /// Passes over a string in quotes, and gives its bytes with the quotes.
  std::string_view string(const char* expected);
  /// Passes over a value with all that is in it.
  std::string_view value();

 private:
  void scalar();
  void number();
  void digits();
  void escape();
  bool take_word(std::string_view word);
  /// After a value: ends the objects and lists that end here, up to the next value. False: the outermost has
  /// ended.
  bool next_value(std::vector<bool>& objects);
  void member_key();

  std::string_view text_;
  std::size_t at_ = 0;
  bool has_not_finite_ = false;
};

std::string_view JsonScanner::string(const char* expected) {
  const std::size_t begin = at_;
  require('"', expected);
  while (!take('"')) {
    if (at_end() || static_cast<unsigned char>(text_[at_]) < 0x20) fail("the end of a string");
    if (take('\\')) {
      escape();
    } else {
      ++at_;
    }
  }
  return text_.substr(begin, at_ - begin);
}

void JsonScanner::escape() {
  constexpr std::string_view simple = "\"\\/bfnrt";
  if (take('u')) {
    for (int i = 0; i < 4; ++i, ++at_)
      if (at_end() || !is_hex_digit(text_[at_])) fail("four hexadecimal digits");
    return;
  }
  if (at_end() || simple.find(text_[at_]) == simple.npos) fail("an escape of JSON");
  ++at_;
}

bool JsonScanner::take_word(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

void JsonScanner::digits() {
  if (at_end() || !is_digit(text_[at_])) fail("a digit");
  while (!at_end() && is_digit(text_[at_])) ++at_;
}

void JsonScanner::number() {
  if (take('-') && take_word("Infinity")) {
    has_not_finite_ = true;
    return;
  }
  if (!take('0')) digits();
  if (take('.')) digits();
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    digits();
  }
}

void JsonScanner::scalar() {
  if (!at_end() && text_[at_] == '"') {
    string("a string");
  } else if (!at_end() && (text_[at_] == '-' || is_digit(text_[at_]))) {
    number();
  } else if (take_word("NaN") || take_word("Infinity")) {
    has_not_finite_ = true;
  } else if (!take_word("true") && !take_word("false") && !take_word("null")) {
    fail("a value");
  }
}

void JsonScanner::member_key() {
  skip_blanks();
  string("a key in quotes");
  skip_blanks();
  require(':', "':'");
}

bool JsonScanner::next_value(std::vector<bool>& objects) {
  while (!objects.empty()) {
    skip_blanks();
    const bool in_object = objects.back();
    if (take(',')) {
      if (in_object) member_key();
      return true;
    }
    require(in_object ? '}' : ']', in_object ? "',' or '}'" : "',' or ']'");
    objects.pop_back();
  }
  return false;
}

std::string_view JsonScanner::value() {
  skip_blanks();
  const std::size_t begin = at_;
  std::vector<bool> objects;  // what is open, outermost first: true for an object, false for a list
  bool more = true;
  while (more) {
    skip_blanks();
    const bool object = take('{');
    if (object || take('[')) {
      skip_blanks();
      if (!take(object ? '}' : ']')) {
        objects.push_back(object);
        if (object) member_key();
        continue;  // with the first value in it
      }
    } else {
      scalar();
    }
    more = next_value(objects);
  }
  return text_.substr(begin, at_ - begin);
}

/// The characters of a string with quotes; nothing where it has half a surrogate or is not UTF-8: then no key
/// of a caller is equal.
std::optional<std::string> characters_of(std::string_view quoted) {
  if (quoted.find('\\') == quoted.npos) return std::string(quoted.substr(1, quoted.size() - 2));
  const json parsed = json::parse(quoted, nullptr, false);
  return parsed.is_string() ? std::optional(parsed.get<std::string>()) : std::nullopt;
}

using Values = std::vector<std::optional<std::string_view>>;

/// Calls `member` with the key, in quotes, and the value of each member.
template <class Member>
void scan_object(std::string_view text, const Member& member) {
  JsonScanner scanner(text);
  scanner.skip_blanks();
  scanner.require('{', an_object);
  scanner.skip_blanks();
  for (bool more = !scanner.take('}'); more;) {
    scanner.skip_blanks();
    const std::string_view key = scanner.string("a key in quotes");
    scanner.skip_blanks();
    scanner.require(':', "':'");
    member(key, scanner.value());
    scanner.skip_blanks();
    more = scanner.take(',');
    if (!more) scanner.require('}', "',' or '}'");
  }
  scanner.skip_blanks();
  if (!scanner.at_end()) scanner.fail("the end");
}

}  // namespace

Values find_json_members(const Place& place, std::string_view text, const std::string& what,
                         std::span<const std::string_view> keys) {
  Values values(keys.size());
  const auto keep = [&](std::string_view quoted, std::string_view value) {
    const std::optional<std::string> key = characters_of(quoted);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (key != keys[i]) continue;
      if (values[i])
        throw format_error(place, what + " has two keys '" + printable(*key) + "' in one object");
      values[i] = value;
    }
  };
  try {
    scan_object(text, keep);
  } catch (const SyntaxError& error) {
    if (std::string_view(error.expected) == an_object)
      throw format_error(place, what + " is not a JSON object");
    throw format_error(place, what + " is not valid JSON: expected " + error.expected + " at byte " +
                                  std::to_string(error.at + 1));
  }
  return values;
}

bool is_standard_json(std::string_view value) {
  JsonScanner scanner(value);
  try {
    static_cast<void>(scanner.value());
    static_cast<void>(json(value).dump());  // throws where the bytes are not UTF-8
  } catch (const SyntaxError&) {
    return false;
  } catch (const json::type_error&) {
    return false;
  }
  return scanner.at_end() && !scanner.has_not_finite();
}

}  // namespace saccade::io
