#include "kernels/table/select.hpp"

#include <cstdlib>
#include <string_view>

#include "kernels/table/cpu_features.hpp"
#include "kernels/table/tables.hpp"
#include "saccade/error.hpp"

namespace saccade {
namespace kernels {
namespace {

constexpr const KernelTable* tables[] = {
    &scalar_table,
#if defined(SACCADE_HAS_NEON)
    &neon_table,
#endif
#if defined(SACCADE_HAS_AVX2)
    &avx2_table,
#endif
#if defined(SACCADE_HAS_AVX512)
    &avx512_table,
#endif
};

std::string supported_names() {
  std::string names;
  for (const Isa isa : supported_isas()) {
    if (!names.empty()) names += ", ";
    names += to_string(isa);
  }
  return names;
}

const KernelTable* find(Isa isa) {
  for (const KernelTable* table : tables) {
    if (table->isa == isa && cpu_supports(isa)) return table;
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

std::span<const KernelTable* const> compiled_tables() noexcept {
  return tables;
}

Selection select_table(std::optional<Isa> asked) {
  if (asked) return {find(*asked), "asked for by the caller"};
  const char* name = std::getenv("SACCADE_ISA");
  if (name != nullptr && *name != '\0') return {find(isa_named(name)), "$SACCADE_ISA"};
  return {find(supported_isas().back()), "fastest supported"};
}

}  // namespace kernels

std::string_view to_string(Isa isa) noexcept {
  switch (isa) {
    case Isa::scalar:
      return "scalar";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
    case Isa::neon:
      return "neon";
  }
  return "unknown";
}

std::optional<Isa> parse_isa(std::string_view name) noexcept {
  for (const Isa isa : {Isa::scalar, Isa::avx2, Isa::avx512, Isa::neon}) {
    if (name == to_string(isa)) return isa;
  }
  return std::nullopt;
}

std::vector<Isa> compiled_isas() {
  std::vector<Isa> isas;
  for (const kernels::KernelTable* table : kernels::compiled_tables()) isas.push_back(table->isa);
  return isas;
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> isas = compiled_isas();
  std::erase_if(isas, [](Isa isa) { return !kernels::cpu_supports(isa); });
  return isas;
}

}  // namespace saccade
