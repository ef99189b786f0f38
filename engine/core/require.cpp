#include "core/require.hpp"

#include "core/as_size.hpp"
#include "core/checked.hpp"
#include "saccade/error.hpp"

namespace saccade::core {

void fail(const std::string& message) {
  throw Error(ErrorCode::invalid_argument, message);
}

std::string to_text(std::int64_t n) {
  return std::to_string(n);
}

void fail(std::string_view name, const std::string& what_is_wrong) {
  fail(std::string(name) + what_is_wrong);
}

std::string item(std::string_view name, std::size_t i) {
  return std::string(name) + "[" + std::to_string(i) + "]";
}

void require_equal(std::string_view what, std::int64_t got, std::string_view expected_what,
                   std::int64_t expected) {
  if (got != expected)
    fail(what,
         " is " + to_text(got) + "; expected " + to_text(expected) + ", as " + std::string(expected_what));
}

void require_not_negative(std::string_view name, std::string_view member, std::int64_t n) {
  if (n < 0) fail(name, std::string(member) + " is " + to_text(n) + "; expected 0 or more");
}

void require_floating(std::string_view name, StorageType type) {
  if (type != StorageType::f32 && type != StorageType::f16 && type != StorageType::bf16)
    fail(name, " is stored as " + std::string(to_string(type)) + "; expected f32, f16 or bf16");
}

void require_addressable(std::string_view name, std::int64_t count, std::int64_t stride) {
  const auto elements = core::checked_multiply(count, stride);
  if (!elements || !core::checked_multiply<std::int64_t>(*elements, sizeof(float)))
    fail(name, " has " + to_text(count) + " vectors " + to_text(stride) +
                   " elements apart, more than memory can hold");
}

void require_position(std::string_view name, std::int64_t position, std::int64_t least,
                      std::optional<std::size_t> i) {
  if (position < least || position > max_position)
    fail((i ? item(name, *i) : std::string(name)) + " is " + to_text(position) + "; expected " +
         to_text(least) + " to " + to_text(max_position));
}

void require_each_sequence(std::string_view name, std::size_t size, std::int64_t sequences) {
  if (size != 0 && size != core::as_size(sequences))
    fail(name, " has " + std::to_string(size) + " values; expected none or " + to_text(sequences) +
                   ", one for each sequence");
}

}  // namespace saccade::core
