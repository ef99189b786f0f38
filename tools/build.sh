# Sourced by the scripts beside it, with the repository as the working directory: sets the machine up, configures
# build/ for Release, and builds the targets named (none: everything).
build_release() {
  local targets=()
  if [ $# -gt 0 ]; then targets=(--target "$@"); fi
  tools/setup
  # A build folder that exists keeps its generator.
  if [ -e build/CMakeCache.txt ]; then cmake -S . -B build -DCMAKE_BUILD_TYPE=Release > build/configure.log
  else
    mkdir -p build
    cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release > build/configure.log
  fi
  cmake --build build --parallel "$(nproc)" "${targets[@]}"
}
