#include "kernels/table/select.hpp"

#include <cstdlib>
#include <iterator>
#include <string_view>

#include "kernels/table/cpu_features.hpp"
#include "kernels/table/tables.hpp"
#include "saccade/error.hpp"

namespace saccade {
namespace kernels {
namespace {

constexpr const IsaTable* tables[] = {
#define SACCADE_ISA(name, processors, features, flags) &name##_table,
#include "compiled_isas.inc"
};

constexpr Isa listed_isas[] = {
#define SACCADE_ISA(name, processors, features, flags) Isa::name,
#include "kernels/isas.inc"
};
static_assert(
    [] {
      for (int i = 0; i < static_cast<int>(std::size(listed_isas)); ++i) {
        if (static_cast<int>(listed_isas[i]) != i) return false;
      }
      return true;
    }(),
    "saccade::Isa has the names of isas.inc in the same order");

std::string supported_names() {
  std::string names;
  for (const Isa isa : supported_isas()) {
    if (!names.empty()) names += ", ";
    names += to_string(isa);
  }
  return names;
}

const IsaTable& find(Isa isa) {
  for (const IsaTable* table : tables) {
    if (table->isa == isa && cpu_supports(isa)) return *table;
  }
  throw Error(ErrorCode::unsupported,
              "ISA " + std::string(to_string(isa)) + " cannot run here; supported: " + supported_names());
}

Isa isa_named(std::string_view name) {
  if (const auto isa = parse_isa(name)) return *isa;
  throw Error(ErrorCode::invalid_argument, "$SACCADE_ISA is \"" + std::string(name) +
                                               "\", which is no ISA; supported: " + supported_names());
}

}  // namespace

std::span<const IsaTable* const> compiled_tables() noexcept {
  return tables;
}

Selection select_kernels(std::optional<Isa> asked, Accumulation accumulation) {
  const auto of = [&](Isa isa) { return &find(isa).with(accumulation); };
  if (asked) return {of(*asked), "asked for by the caller"};
  const char* name = std::getenv("SACCADE_ISA");
  if (name != nullptr && *name != '\0') return {of(isa_named(name)), "$SACCADE_ISA"};
  return {of(supported_isas().back()), "fastest supported"};
}

}  // namespace kernels

std::string_view to_string(Isa isa) noexcept {
  switch (isa) {
#define SACCADE_ISA(name, processors, features, flags) \
  case Isa::name:                                      \
    return #name;
#include "kernels/isas.inc"
  }
  return "unknown";
}

std::optional<Isa> parse_isa(std::string_view name) noexcept {
  for (const Isa isa : kernels::listed_isas) {
    if (name == to_string(isa)) return isa;
  }
  return std::nullopt;
}

std::vector<Isa> compiled_isas() {
  std::vector<Isa> isas;
  for (const kernels::IsaTable* table : kernels::compiled_tables()) isas.push_back(table->isa);
  return isas;
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> isas = compiled_isas();
  std::erase_if(isas, [](Isa isa) { return !kernels::cpu_supports(isa); });
  return isas;
}

}  // namespace saccade
