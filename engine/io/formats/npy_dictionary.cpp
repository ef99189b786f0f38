#include "io/formats/npy_dictionary.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace saccade::io {
namespace {

/// Parses the Python literals of an .npy header.
class Scanner {
 public:
  Scanner(const Place& place, std::string_view text) : place_(place), text_(text) {}

  [[noreturn]] void fail(const std::string& expected) const {
    throw format_error(place_, "the header is corrupt at its character " + std::to_string(at_) +
                                   ": expected " + expected + ", found '" + printable(text_.substr(at_, 20)) +
                                   "'");
  }

  [[nodiscard]] char peek() {
    while (at_ < text_.size() && spaces.find(text_[at_]) != std::string_view::npos) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  [[nodiscard]] bool at_end() { return peek() == '\0' && at_ == text_.size(); }

  bool accept(std::string_view word) {
    static_cast<void>(peek());
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  void expect(std::string_view word) {
    if (!accept(word)) fail("'" + std::string(word) + "'");
  }

  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  std::string string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a string");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a string with an end");
    const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return std::string(value);
  }

  /// A list as it stands, such as the fields of a structured dtype.
  std::string list() {
    const std::size_t begin = at_;
    expect("[");
    for (std::size_t open = 1; open > 0;) {
      const char next = peek();
      if (at_end()) fail("']'");
      if (next == '\'' || next == '"') {
        static_cast<void>(string());
        continue;
      }
      if (next == '[') ++open;
      if (next == ']') --open;
      ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  bool boolean() {
    if (accept("True")) return true;
    if (accept("False")) return false;
    fail("True or False");
  }

  std::int64_t integer() {
    static_cast<void>(peek());
    const char* const first = text_.data() + at_;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), value);
    if (error != std::errc{}) fail("a size below 2^63");
    at_ += static_cast<std::size_t>(end - first);
    static_cast<void>(accept("L"));  // the suffix of a long in Python 2
    return value;
  }

  std::vector<std::int64_t> integers() {
    std::vector<std::int64_t> values;
    expect("(");
    while (!accept(")")) {
      values.push_back(integer());
      if (!accept(",") && peek() != ')') fail("',' or ')'");
    }
    return values;
  }

 private:
  static constexpr std::string_view spaces = " \t\r\n";

  const Place& place_;
  std::string_view text_;
  std::size_t at_ = 0;
};

struct Fields {
  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::int64_t>> shape;
};

void read_field(Scanner& scanner, Fields& fields) {
  const std::string key = scanner.string();
  scanner.expect(":");
  if (key == "descr" && !fields.descr) {
    fields.descr = scanner.peek() == '[' ? scanner.list() : scanner.string();
  } else if (key == "fortran_order" && !fields.fortran_order) {
    fields.fortran_order = scanner.boolean();
  } else if (key == "shape" && !fields.shape) {
    fields.shape = scanner.integers();
  } else {
    scanner.fail("one each of the keys 'descr', 'fortran_order' and 'shape' and not '" + printable(key) +
                 "'");
  }
}

}  // namespace

NpyDictionary parse_npy_dictionary(const Place& place, std::string_view text) {
  Scanner scanner(place, text);
  Fields fields;
  scanner.expect("{");
  while (!scanner.accept("}")) {
    read_field(scanner, fields);
    if (!scanner.accept(",") && scanner.peek() != '}') scanner.fail("',' or '}'");
  }
  if (scanner.accept("#")) scanner.skip_line();  // a comment, as numpy's reader takes it
  if (!scanner.at_end()) scanner.fail("nothing after '}'");
  if (!fields.descr || !fields.fortran_order || !fields.shape) {
    scanner.fail("the keys 'descr', 'fortran_order' and 'shape' before the end");
  }
  return {*std::move(fields.descr), *fields.fortran_order, *std::move(fields.shape)};
}

}  // namespace saccade::io
