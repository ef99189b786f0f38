#include "kernels/table/cpu_features.hpp"

#include <algorithm>

#include "kernels/layout.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace saccade {
namespace kernels {
namespace {

#if defined(__x86_64__)

bool has_f16c() noexcept {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}

/// __builtin_cpu_supports also checks that the operating system saves the registers.
std::vector<Feature> all_features() {
  return {{"avx2", __builtin_cpu_supports("avx2") != 0},
          {"fma", __builtin_cpu_supports("fma") != 0},
          {"f16c", __builtin_cpu_supports("avx") != 0 && has_f16c()},
          {"avx512f", __builtin_cpu_supports("avx512f") != 0},
          {"avx512cd", __builtin_cpu_supports("avx512cd") != 0},
          {"avx512bw", __builtin_cpu_supports("avx512bw") != 0},
          {"avx512dq", __builtin_cpu_supports("avx512dq") != 0},
          {"avx512vl", __builtin_cpu_supports("avx512vl") != 0}};
}

#elif defined(__aarch64__)

std::vector<Feature> all_features() {
  return {{"asimd", true}};  // part of every aarch64
}

#else

std::vector<Feature> all_features() {
  return {};
}

#endif

bool cpu_has(std::string_view feature) {
  const std::vector<Feature>& features = cpu_feature_list();
  return std::any_of(features.begin(), features.end(),
                     [&](const Feature& f) { return f.name == feature && f.present; });
}

}  // namespace

const std::vector<Feature>& cpu_feature_list() {
  static const std::vector<Feature> features = all_features();
  return features;
}

std::vector<std::string_view> features_needed(Isa isa) {
  static constexpr std::string_view texts[] = {
#define SACCADE_ISA(name, processors, features, flags) features,
#include "kernels/isas.inc"
  };
  std::string_view left = texts[static_cast<int>(isa)];
  std::vector<std::string_view> words;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find(' '), left.size());
    words.push_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return words;
}

bool cpu_supports(Isa isa) {
  const std::vector<std::string_view> needed = features_needed(isa);
  return std::all_of(needed.begin(), needed.end(), cpu_has);
}

int max_prefetch_rate() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_is("amd")) return 8;
#endif
  return safe_prefetch_rate;
}

std::ptrdiff_t widen_once_rows() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_is("amd")) return 72;
#endif
  return 0;
}

}  // namespace kernels

std::string cpu_features() {
  std::string names;
  for (const kernels::Feature& feature : kernels::cpu_feature_list()) {
    if (!feature.present) continue;
    if (!names.empty()) names += ' ';
    names += feature.name;
  }
  return names;
}

}  // namespace saccade
