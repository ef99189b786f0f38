#!/usr/bin/env bash
# Installs to a prefix, moves the prefix, and builds and runs a program against what lies there now.
# package.sh CMAKE GENERATOR SOURCE_DIR BUILD_DIR CONFIG COMPILER [CXX_FLAGS]
set -euo pipefail
cmake=$1 generator=$2 source=$3 build=$4 config=$5 compiler=$6 flags=${7-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$cmake" --install "$build" --config "$config" --prefix "$scratch/installed" > /dev/null
mv "$scratch/installed" "$scratch/moved"
if grep -rlF -e "$scratch/installed" -e "$source" "$scratch/moved" --include='*.cmake'; then
  echo "these files know where they were built or first installed"
  exit 1
fi

"$cmake" -G "$generator" -S "$source/tests/package/consumer" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$scratch/moved" \
  -DCMAKE_BUILD_TYPE="$config" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags" > "$scratch/log" ||
  { cat "$scratch/log"; exit 1; }
"$cmake" --build "$scratch/build"
"$scratch/build/consumer"
if [ -e "$scratch/moved/bin/saccade" ]; then "$scratch/moved/bin/saccade" --version; fi

# As a subdirectory: configured only, building it would compile the library once more.
"$cmake" -G "$generator" -S "$source/tests/package/embedded" -B "$scratch/embedded" -DSACCADE_SOURCE_DIR="$source" \
  -DCMAKE_CXX_COMPILER="$compiler" > "$scratch/log" || { cat "$scratch/log"; exit 1; }
