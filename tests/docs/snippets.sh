#!/usr/bin/env bash
# Every ```cpp block of README.md and docs/, and every @code block of the public headers, compiles. The blocks of a document are
# one function, in order, so that a later one may use what an earlier one declared; each header is a document. operands.hpp
# declares what a reader is expected to have. All documents are one program, since including the library takes the longest.
# snippets.sh ROOT COMPILER [FLAG...]
set -euo pipefail
root=$1 compiler=$2
shift 2
flags=(-std=c++20 -Wall -Wextra -Wno-unused-variable -Werror -fsyntax-only -I "$root/include" -I "$root/tests/docs" "$@")
failed=0

blocks_of() {  # FILE: the lines of its blocks, each block with its place in the file
  awk -v file="$1" 'BEGIN { code = file ~ /[.]hpp$/; begin = code ? "^ *[/][/][/] @code$" : "^```cpp$"; end = code ? "^ *[/][/][/] @endcode$" : "^```$" }
    $0 ~ begin { inside = 1; printf "#line %d \"%s\"\n", NR + 1, file; next }
    $0 ~ end { inside = 0 }
    inside { if (code) sub(/^ *[\/][\/][\/] ?/, ""); print }' "$1"
}
count_blocks() { blocks_of "$1" | grep -c '^#line' || true; }

program_of() {  # FILE...: their blocks as a program, at the standard output
  local file number=0
  printf '#include "operands.hpp"\n'
  for file in "$@"; do blocks_of "$file" | grep '^#include' || true; done
  for file in "$@"; do
    printf 'void document_%d() {\n' $((++number))
    blocks_of "$file" | sed 's|^#include.*||'
    printf '}\n'
  done
}
compiles() { program_of "$@" | "$compiler" "${flags[@]}" -x c++ -; }

# The headers that a reader starts with each have a snippet.
for header in attention self_attention encoder kv_cache tokenizer engine embed_files run_files similar tensor_file; do
  [ "$(count_blocks "$root/include/saccade/$header.hpp")" -ge 1 ] || { echo "$header.hpp has no snippet"; failed=1; }
done
for document in README docs/library; do
  [ "$(count_blocks "$root/$document.md")" -ge 2 ] || { echo "too few blocks were found in $document.md"; failed=1; }
done
compiles "$root"/README.md "$root"/docs/*.md "$root"/include/saccade/*.hpp || { echo "a snippet does not compile"; failed=1; }

# Would it notice?
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '```cpp\nsaccade::no_such_thing();\n```\n' > "$scratch/bad.md"
printf '/// @code\n/// saccade::no_such_thing();\n/// @endcode\n' > "$scratch/bad.hpp"
for bad in "$scratch/bad.md" "$scratch/bad.hpp"; do
  if compiles "$bad" 2> /dev/null; then echo "a bad snippet went unnoticed"; failed=1; fi
done
exit $failed
