#include "kernels/table/cpu_features.hpp"

#include "kernels/table/kernel_table.hpp"

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

struct Feature {
  const char* name;
  bool present;
};

/// __builtin_cpu_supports also asks whether the operating system saves the registers.
struct Features {
  Feature list[8] = {{"avx2", __builtin_cpu_supports("avx2") != 0},
                     {"fma", __builtin_cpu_supports("fma") != 0},
                     {"f16c", __builtin_cpu_supports("avx") != 0 && has_f16c()},
                     {"avx512f", __builtin_cpu_supports("avx512f") != 0},
                     {"avx512cd", __builtin_cpu_supports("avx512cd") != 0},
                     {"avx512bw", __builtin_cpu_supports("avx512bw") != 0},
                     {"avx512dq", __builtin_cpu_supports("avx512dq") != 0},
                     {"avx512vl", __builtin_cpu_supports("avx512vl") != 0}};

  [[nodiscard]] bool all(int count) const noexcept {
    for (int i = 0; i < count; ++i) {
      if (!list[i].present) return false;
    }
    return true;
  }
};

#else

struct Feature {
  const char* name;
  bool present;
};
struct Features {
  Feature list[1] = {{"asimd", true}};  // part of every aarch64; nothing is asked for elsewhere
};

#endif

}  // namespace

bool cpu_supports(Isa isa) noexcept {
  if (isa == Isa::scalar) return true;
#if defined(__x86_64__)
  const Features features;
  if (isa == Isa::avx2) return features.all(3);
  if (isa == Isa::avx512) return features.all(8);
  return false;
#elif defined(__aarch64__)
  return isa == Isa::neon;
#else
  return false;
#endif
}

int max_prefetch_rate() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_is("amd")) return 8;
#endif
  return safe_prefetch_rate;
}

}  // namespace kernels

std::string cpu_features() {
  std::string names;
  for (const kernels::Feature& feature : kernels::Features().list) {
    if (!feature.present) continue;
    if (!names.empty()) names += ' ';
    names += feature.name;
  }
  return names;
}

}  // namespace saccade
