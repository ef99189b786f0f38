#!/usr/bin/env bash
# Every ```cpp block of README.md and docs/, and every @code block of the public headers, compiles. The blocks of a document are
# one function, in order, so that a later one may use what an earlier one declared; each header is a document. operands.hpp
# declares what a reader is expected to have.
# snippets.sh ROOT COMPILER [FLAG...]
set -euo pipefail
root=$1 compiler=$2
shift 2
flags=(-std=c++20 -Wall -Wextra -Wno-unused-variable -Werror -fsyntax-only -I "$root/include" -I "$root/tests/docs" "$@")
failed=0

blocks_of() {  # FILE: the lines of its blocks
  case $1 in
    *.hpp) awk '/^ *\/\/\/ @code$/ { inside = 1; next } /^ *\/\/\/ @endcode$/ { inside = 0 }
                inside { sub(/^ *\/\/\/ ?/, ""); print }' "$1" ;;
    *) awk '/^```cpp$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$1" ;;
  esac
}
count_blocks() { grep -cE '^```cpp$|^ *\/\/\/ @code$' "$1" || true; }

program_of() {  # FILE: its blocks as a program, at the standard output
  printf '#include "operands.hpp"\n'
  blocks_of "$1" | grep '^#include' || true
  printf 'void document() {\n'
  blocks_of "$1" | grep -v '^#include' || true
  printf '}\n'
}
compiles() { program_of "$1" | "$compiler" "${flags[@]}" -x c++ -; }

# The headers that a reader starts with each have a snippet.
for header in attention self_attention encoder kv_cache tokenizer engine embed_files run_files tensor_file; do
  [ "$(count_blocks "$root/include/saccade/$header.hpp")" -ge 1 ] || { echo "$header.hpp has no snippet"; failed=1; }
done
for document in "$root"/README.md "$root"/docs/*.md "$root"/include/saccade/*.hpp; do
  [ "$(count_blocks "$document")" -gt 0 ] || continue
  compiles "$document" || { echo "does not compile: the snippets of $document"; failed=1; }
done
[ "$(count_blocks "$root/README.md")" -ge 2 ] || { echo "too few blocks were found in README.md"; failed=1; }

# Would it notice?
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '```cpp\nsaccade::no_such_thing();\n```\n' > "$scratch/bad.md"
printf '/// @code\n/// saccade::no_such_thing();\n/// @endcode\n' > "$scratch/bad.hpp"
for bad in "$scratch/bad.md" "$scratch/bad.hpp"; do
  if compiles "$bad" 2> /dev/null; then echo "a bad snippet went unnoticed"; failed=1; fi
done
exit $failed
