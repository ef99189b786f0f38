#!/usr/bin/env bash
# Every ```cpp block of README.md and docs/ compiles. The blocks of a document are one function, in order, so that a later one
# may use what an earlier one declared; operands.hpp declares what a reader is expected to have.
# snippets.sh ROOT COMPILER [FLAG...]
set -euo pipefail
root=$1 compiler=$2
shift 2
flags=(-std=c++20 -Wall -Wextra -Wno-unused-variable -Werror -fsyntax-only -I "$root/include" -I "$root/tests/docs" "$@")
failed=0
blocks=0

program_of() {  # FILE: standard input becomes a program
  printf '#include "operands.hpp"\n'
  awk '/^```cpp$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$1" > "$1.blocks"
  grep -h '^#include' "$1.blocks" || true
  printf 'void document() {\n'
  grep -hv '^#include' "$1.blocks" || true
  printf '}\n'
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for document in "$root"/README.md "$root"/docs/*.md; do
  copy=$scratch/$(basename "$document")
  cp "$document" "$copy"
  blocks=$((blocks + $(grep -c '^```cpp$' "$copy" || true)))
  program_of "$copy" > "$copy.cpp"
  "$compiler" "${flags[@]}" "$copy.cpp" || { echo "does not compile: $document"; failed=1; }
done
[ "$blocks" -ge 4 ] || { echo "only $blocks blocks were found"; failed=1; }

# Would it notice?
printf '```cpp\nsaccade::no_such_thing();\n```\n' > "$scratch/bad.md"
program_of "$scratch/bad.md" > "$scratch/bad.cpp"
if "$compiler" "${flags[@]}" "$scratch/bad.cpp" 2> /dev/null; then echo "a bad snippet went unnoticed"; failed=1; fi
exit $failed
