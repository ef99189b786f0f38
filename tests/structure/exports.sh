#!/usr/bin/env bash
# A shared library exports exactly what the public headers mark with SACCADE_API: the functions, and the members of the classes.
# exports.sh NM INCLUDE_DIR LIBRARY
set -euo pipefail
nm=$1 include=$2 library=$3
failed=0

# saccade::NAME of each exported symbol that is a function or a class's member, and other symbols as they are.
exported() { "$nm" -D --defined-only -C "$library" | cut -d' ' -f3- | sed 's/\[abi:cxx11\]//' | sort -u; }
names() {
  exported | sed -nE 's/^saccade::([A-Za-z_]+)(\(|::).*/\1/p; s/^(typeinfo|typeinfo name|vtable) for saccade::([A-Za-z_]+)$/\2/p' | sort -u
}
# NAME of each function or class after SACCADE_API.
declared() {
  cat "$include"/saccade/*.hpp | tr '\n' ' ' | grep -oE 'SACCADE_API [^;{]*' |
    sed -nE 's/^SACCADE_API (\[\[nodiscard\]\] )?(class )?//; s/^([A-Za-z_]+) ?( : .*)?$/\1/p; s/^[^(]* ([A-Za-z_]+)\(.*/\1/p' | sort -u
}

if ! diff <(declared) <(names) > /dev/null; then
  echo "declared with SACCADE_API (<) and exported (>) differ:"
  diff <(declared) <(names) || true
  failed=1
fi
foreign=$(exported | grep -vE '^saccade::[A-Za-z_]+(\(|::)|^(typeinfo|typeinfo name|vtable) for saccade::Error$' || true)
inner=$(exported | grep -E '^saccade::(core|kernels|io|text|scheduler|ops|layers|model|pipeline|api)::|::State::' || true)
if [ -n "$foreign$inner" ]; then
  echo "exported, though not of the public interface:"
  printf '%s\n' "$foreign" "$inner"
  failed=1
fi
[ "$(declared | wc -l)" -ge 25 ] || { echo "too few declarations were found"; failed=1; }
exit $failed
