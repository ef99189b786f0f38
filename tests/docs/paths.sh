#!/usr/bin/env bash
# The documents name what exists: targets of links, files and folders in backticks, and each tuned constant of HACKING.md in its file.
# paths.sh ROOT
set -euo pipefail
root=$1

matches() { grep -oE "$1" "$2" || true; }  # PATTERN FILE

# FILE: what a document names and the project lacks.
missing_from() {
  local document=$1 folder path
  folder=$(dirname "$document")
  matches '\]\([^)#:]+[)#]' "$document" | sed -E 's/^\]\((.*).$/\1/' | sort -u | while read -r path; do
    [ -e "$folder/$path" ] || echo "a link to $path"
  done
  # `room/.../name`, with or without an extension, in the root or in engine/; a unit may be named without its extension.
  matches '`(engine/)?(core|kernels|scheduler|io|text|ops|layers|model|pipeline|tests|docs|bench|examples|include|tools)/[A-Za-z0-9_./-]*`' "$document" |
    tr -d '`' | sort -u | while read -r path; do
    compgen -G "$root/$path" > /dev/null || compgen -G "$root/engine/$path" > /dev/null ||
      compgen -G "$root/engine/$path.[ch]pp" > /dev/null || compgen -G "$root/include/$path" > /dev/null || echo "$path"
  done
}

# FILE: constants of a table | `name`, ... | value | `file`, ... | of which no file has the name.
missing_constants() {
  local names files name
  awk -F'|' 'NF >= 6 && $2 ~ /`[a-z_]+`/ && $4 ~ /`[a-z_]+\/.*pp`/ { print $2 "|" $4 }' "$1" | while IFS='|' read -r names files; do
    mapfile -t files < <(grep -oE '[a-z_0-9]+(/[a-z_0-9]+)+\.[ch]pp' <<< "$files" | sed "s|^|$root/engine/|")
    for name in $(grep -oE '`[a-z_0-9]+`' <<< "$names" | tr -d '`'); do
      grep -qsw "$name" "${files[@]}" || echo "$name in ${files[*]}"
    done
  done
}

failed=0
for document in "$root"/*.md "$root"/docs/*.md "$root"/engine/*.md; do
  for what in missing_from missing_constants; do
    missing=$($what "$document")
    if [ -n "$missing" ]; then printf '%s names what does not exist:\n%s\n' "$document" "$missing"; failed=1; fi
  done
done

# Would it notice?
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '[a](nowhere.md) `kernels/nothing.hpp`\n| `no_such` | 1 | `kernels/layout.hpp` | why |\n' > "$scratch/bad.md"
[ "$(missing_from "$scratch/bad.md" | wc -l)" = 2 ] && [ "$(missing_constants "$scratch/bad.md" | wc -l)" = 1 ] ||
  { echo "bad paths went unnoticed"; failed=1; }
exit $failed
