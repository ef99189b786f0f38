#!/usr/bin/env bash
# An object compiled for one instruction set defines one global symbol, its kernel table, and nothing that the linker
# could merge with the same name of another object: a shared copy with AVX-512 inside would run on every machine.
# It also takes nothing from the heap and throws nothing. isa_objects.sh NM COMPILER OBJECT...
set -euo pipefail
nm=$1 compiler=$2
shift 2
failed=0
not_for_kernels='^(_Zn[wa]|_Zd[la]|_ZSt|_ZNSt|_ZNKSt|__cxa|__gxx|_Unwind|pthread|malloc|calloc|free)'

check() {  # OBJECT ISA
  local table="$2_table" defined undefined
  table=_ZN7saccade7kernels${#table}${table}E  # saccade::kernels::<isa>_table
  # nm's letters: upper case is global, u unique, i indirect, v and w weak; U is what others define.
  defined=$("$nm" -P "$1" | awk '$2 ~ /^[A-TV-Zuivw]$/ { print $1 }')
  # xsimd keeps pointers to inline wrappers of NEON's intrinsics, and GCC emits them all. Every aarch64 has NEON, and
  # these wrappers are compiled for nothing more.
  if [ "$2" = neon ]; then defined=$(grep -v '^_ZN5xsimd6kernel4wrap[0-9]*v' <<<"$defined" || true); fi
  undefined=$("$nm" -P -u "$1" | awk '{ print $1 }' | grep -E "$not_for_kernels" || true)
  if [ "$defined" = "$table" ] && [ -z "$undefined" ]; then return 0; fi
  echo "$1: only $table was expected of these symbols:"
  printf '%s\n' $defined $undefined
  return 1
}

for object in "$@"; do
  isa=$(basename "$object")
  check "$object" "${isa%%.*}" || failed=1
done

# Would it notice a function that two objects could share, or memory taken from the heap?
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
must_fail() {  # TEXT
  printf 'namespace saccade::kernels { extern const int bad_table; const int bad_table = 0; }\n%s\n' "$1" |
    "$compiler" -std=c++20 -fPIC -x c++ -c -o "$scratch/bad.o" -
  if check "$scratch/bad.o" bad > /dev/null; then echo "went unnoticed: $1"; failed=1; fi
}
must_fail 'inline int shared() { return 1; } static int (*use)() = shared; int call() { return use(); }'
must_fail 'static int* take() { return new int; } __attribute__((used)) static int* (*use)() = take;'
printf 'namespace saccade::kernels { extern const int good_table; const int good_table = 0; }\n' |
  "$compiler" -std=c++20 -x c++ -c -o "$scratch/good.o" -
check "$scratch/good.o" good || failed=1
exit $failed
