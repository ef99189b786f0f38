#pragma once

// What the snippets of README.md, docs/ and the public headers expect to be declared.

#include <saccade/saccade.hpp>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

extern saccade::Engine engine;
extern saccade::ConstHeadsView q, k, v, new_k, new_v;
extern saccade::HeadsView out, lse;
extern saccade::Offsets offsets, key_offsets;
extern const std::uint8_t* mask;
extern void *keys, *values;
extern std::int64_t pages, keys_in_file;
extern std::span<const std::int32_t> page_table;
extern std::vector<std::int64_t> lengths;
