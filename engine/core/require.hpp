#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "saccade/storage_type.hpp"

namespace saccade::core {

// Argument checks. Each throws Error{invalid_argument} with the offending numbers. Names are views, and
// messages are built only where a check fails: valid calls allocate nothing.

[[noreturn]] void fail(const std::string& message);
[[noreturn]] void fail(std::string_view name, const std::string& what_is_wrong);

/// A number in a message.
[[nodiscard]] std::string to_text(std::int64_t n);
/// name[i]
[[nodiscard]] std::string item(std::string_view name, std::size_t i);

/// Throws naming both when they differ.
void require_equal(std::string_view what, std::int64_t got, std::string_view expected_what,
                   std::int64_t expected);
void require_not_negative(std::string_view name, std::string_view member, std::int64_t n);
void require_floating(std::string_view name, StorageType type);
/// Throws unless `count` vectors `stride` elements apart are within the address space.
void require_addressable(std::string_view name, std::int64_t count, std::int64_t stride);

/// Positions may be added to one another without overflow.
constexpr std::int64_t max_position = std::int64_t{1} << 40;
/// Throws unless a position is from `least` to max_position; of element i where there are several.
void require_position(std::string_view name, std::int64_t position, std::int64_t least,
                      std::optional<std::size_t> i = {});

/// Either empty or one for each sequence.
void require_each_sequence(std::string_view name, std::size_t size, std::int64_t sequences);

}  // namespace saccade::core
