#!/usr/bin/env bash
# Each public header compiles alone and without a warning, and none asks about the build: a program and the library that
# it links must read the same text. headers.sh ROOT COMPILER [FLAG...]
set -euo pipefail
root=$1 compiler=$2
shift 2
flags=(-std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I "$root/include" "$@")
failed=0

compiles_alone() {  # FILE: included twice, as headers are
  printf '#include "%s"\n#include "%s"\n' "$1" "$1" | "$compiler" "${flags[@]}" -x c++ -
}
asks_about_the_build() { grep -nE '^[ \t]*#[ \t]*(if|elif)' "$1" | grep -vE '__cplusplus'; }

names_the_inside() {  # FILE: only tbb.hpp may name oneTBB
  local rooms='core|kernels|ops|layers|scheduler|io|text|model|pipeline' libraries='xsimd|oneapi|\btbb\b'
  case $1 in */tbb.hpp) libraries='xsimd' ;; esac
  grep -nE "\b($rooms)::|namespace ($rooms)\b|$libraries" "$1" | grep -vE '^[0-9]+: *//'
}

for header in "$root"/include/saccade/*.hpp; do
  compiles_alone "$header" || { echo "does not compile alone: $header"; failed=1; }
  if asks_about_the_build "$header"; then echo "conditional text in $header"; failed=1; fi
  if names_the_inside "$header"; then echo "internal names in $header"; failed=1; fi
done

# Would it notice?
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=$scratch/bad.hpp
unnoticed() { echo "a bad header went unnoticed: $(cat "$bad")"; failed=1; }
printf '#pragma once\ninline std::string name();\n' > "$bad"
if compiles_alone "$bad" 2> /dev/null; then unnoticed; fi
printf '#ifdef SACCADE_OPTION\n#endif\n' > "$bad"
asks_about_the_build "$bad" > /dev/null || unnoticed
for line in 'namespace layers { struct Packed; }' 'kernels::KernelTable table();' '#include <xsimd/xsimd.hpp>' \
            '#include <oneapi/tbb/task_arena.h>' 'namespace tbb { class task_arena; }'; do
  printf '%s\n' "$line" > "$bad"
  names_the_inside "$bad" > /dev/null || unnoticed
done
exit $failed
