#!/usr/bin/env bash
# Installs to a prefix, moves the prefix, and builds and runs a program against what lies there now: with the static library, and
# with the shared one. Configures saccade as a part of other projects, in the ways that docs/library.md shows.
# package.sh CMAKE GENERATOR SOURCE_DIR BUILD_DIR CONFIG COMPILER SHARED_LIBRARY [CXX_FLAGS]
# SHARED_LIBRARY: libsaccade.so.VERSION, linked from the objects of BUILD_DIR; "none": that part is left out.
set -euo pipefail
cmake=$1 generator=$2 source=$3 build=$4 config=$5 compiler=$6 shared=$7 flags=${8-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

configure() {  # SOURCE BINARY [OPTION...]
  "$cmake" -G "$generator" -S "$1" -B "$2" -DCMAKE_CXX_COMPILER="$compiler" "${@:3}" > "$scratch/log" 2>&1 ||
    { cat "$scratch/log"; exit 1; }
}

install_moved() {  # BUILD_DIR PREFIX
  "$cmake" --install "$1" --config "$config" --prefix "$scratch/installed" > /dev/null
  mv "$scratch/installed" "$2"
  if grep -rlF -e "$scratch/installed" -e "$source" "$2" --include='*.cmake'; then
    echo "these files know where they were built or first installed"
    exit 1
  fi
}

# docs/library.md's N-th block of CMake as a project, with the consumer's program.
documented_project() {  # N FOLDER
  mkdir "$2"
  cp "$source/tests/package/consumer/main.cpp" "$2"
  awk -v wanted="$1" '/^```cmake$/ { inside = ++block == wanted; next } /^```$/ { inside = 0 } inside' "$source/docs/library.md" \
    > "$2/CMakeLists.txt"
  grep -q saccade::saccade "$2/CMakeLists.txt" || { echo "docs/library.md has no CMake block $1"; exit 1; }
}

install_moved "$build" "$scratch/moved"
configure "$source/tests/package/consumer" "$scratch/build" -DCMAKE_PREFIX_PATH="$scratch/moved" -DCMAKE_BUILD_TYPE="$config" \
  -DCMAKE_CXX_FLAGS="$flags"
"$cmake" --build "$scratch/build"
"$scratch/build/consumer"
if [ -e "$scratch/moved/bin/saccade" ]; then "$scratch/moved/bin/saccade" --version; fi

# A build with BUILD_SHARED_LIBS would link the same objects: it gets the library linked from them, so that nothing is compiled again.
# Its users need none of the library's dependencies.
if [ "$shared" != none ]; then
  configure "$source" "$scratch/shared" -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE="$config" -DSACCADE_BUILD_TOOLS=OFF \
    -DSACCADE_BUILD_TESTS=OFF -DSACCADE_BUILD_EXAMPLES=OFF -DSACCADE_BUILD_BENCH=OFF
  cp -P "${shared%.so.*}".so* "$scratch/shared/engine/"
  install_moved "$scratch/shared" "$scratch/moved_shared"
  documented_project 1 "$scratch/program"
  configure "$scratch/program" "$scratch/program/build" -DCMAKE_PREFIX_PATH="$scratch/moved_shared" \
    -DCMAKE_BUILD_TYPE="$config" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_DISABLE_FIND_PACKAGE_TBB=ON \
    -DCMAKE_DISABLE_FIND_PACKAGE_minizip=ON -DCMAKE_DISABLE_FIND_PACKAGE_utf8proc=ON
  "$cmake" --build "$scratch/program/build" > "$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
  "$scratch/program/build/program"
  ldd "$scratch/program/build/program" | grep -F "$scratch/moved_shared/" ||
    { echo "the program does not use the installed shared library"; exit 1; }
fi

# As a part of another project: configured only, building it would compile the library once more.
configure "$source/tests/package/embedded" "$scratch/embedded" -DSACCADE_SOURCE_DIR="$source"
documented_project 2 "$scratch/fetching"
configure "$scratch/fetching" "$scratch/fetching/build" -DSACCADE_URL=unused -DFETCHCONTENT_SOURCE_DIR_SACCADE="$source"
