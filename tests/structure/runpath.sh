#!/usr/bin/env bash
# No program or shared library has an empty or a relative part in its RPATH or RUNPATH: the dynamic linker takes such a part as the
# current directory, so that whoever can put a file there runs code. runpath.sh BUILD_DIR CXX_COMPILER
set -euo pipefail
build=$1 compiler=$2

# "FILE: PATH" of each binary that has such a part.
unsafe() {
  local file path
  for file in "$@"; do
    path=$(readelf -d "$file" 2> /dev/null | sed -nE 's/.*\((RPATH|RUNPATH)\).*\[(.*)\]$/\2/p')
    [ -z "$path" ] && continue
    if tr : '\n' <<< "$path" | grep -vqE '^(/|\$ORIGIN(/|$))'; then echo "$file: $path"; fi
  done
}

mapfile -d '' files < <(find "$build" -maxdepth 3 \( -name CMakeFiles -o -name _deps \) -prune -o -type f \
                             \( -perm -u+x -o -name '*.so*' \) -print0)
binaries=()
for file in "${files[@]}"; do
  if [ "$(head -c 4 "$file" | tr -d '\0')" = $'\x7fELF' ]; then binaries+=("$file"); fi
done
[ "${#binaries[@]}" -ge 2 ] || { echo "too few binaries were found in $build"; exit 1; }
found=$(unsafe "${binaries[@]}")
if [ -n "$found" ]; then echo "unsafe:"; echo "$found"; exit 1; fi

# Would it notice?
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 'int main() { return 0; }' > "$scratch/a.cpp"
for path in '::::' '/usr/lib:' ':/usr/lib' '/usr/lib::/lib' 'lib' '$ORIGINAL'; do
  "$compiler" -o "$scratch/a" "$scratch/a.cpp" -Wl,-rpath,"$path"
  [ -n "$(unsafe "$scratch/a")" ] || { echo "went unnoticed: $path"; exit 1; }
done
"$compiler" -o "$scratch/a" "$scratch/a.cpp" -Wl,-rpath,'$ORIGIN/../lib:/usr/lib'
[ -z "$(unsafe "$scratch/a")" ] || { echo "a safe path was reported"; exit 1; }
