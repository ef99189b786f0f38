# Every library this project uses. find_package wins where it finds a version new enough; otherwise, and only with
# SACCADE_FETCH_DEPENDENCIES, FetchContent brings the pinned tag.
include(FetchContent)

# Finds a library by find_package(<the arguments after the tag>), or declares `name` for Fetch.cmake.
macro(saccade_dependency name repository tag)
  if(SACCADE_FETCH_DEPENDENCIES)
    find_package(${ARGN} QUIET)
  else()
    find_package(${ARGN})
    if(NOT ${ARGV3}_FOUND)
      message(FATAL_ERROR "${ARGN} not found: run tools/setup (Debian), install it, "
                          "or configure with -DSACCADE_FETCH_DEPENDENCIES=ON")
    endif()
  endif()
  if(NOT ${ARGV3}_FOUND)
    message(STATUS "Fetching ${name} ${tag}")
    # SOURCE_SUBDIR: of these four the files are wanted, not the project.
    set(subdir "")
    if("${name}" MATCHES "^(zlib|minizip|utf8proc|xsimd)$")
      set(subdir SOURCE_SUBDIR no-project)
    endif()
    FetchContent_Declare(${name} GIT_REPOSITORY https://github.com/${repository} GIT_TAG ${tag} GIT_SHALLOW ON
                         ${subdir} SYSTEM)
    list(APPEND SACCADE_FETCHED ${name})
  endif()
endmacro()

set(SACCADE_FETCHED "")
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# Linked into the library.
saccade_dependency(tbb uxlfoundation/oneTBB v2021.13.0 TBB 2021.8 CONFIG)
saccade_dependency(zlib madler/zlib v1.3.1 ZLIB)
saccade_dependency(minizip madler/zlib v1.3.1 minizip MODULE)
saccade_dependency(utf8proc JuliaStrings/utf8proc v2.8.0 utf8proc 2.8 MODULE)
set(SACCADE_FETCHED_LINKED ${SACCADE_FETCHED})
# Headers that only its own sources include.
saccade_dependency(xsimd xtensor-stack/xsimd 13.2.0 Xsimd 13)
saccade_dependency(nlohmann_json nlohmann/json v3.11.3 nlohmann_json 3.11 CONFIG)
if(SACCADE_BUILD_TOOLS)
  saccade_dependency(cli11 CLIUtils/CLI11 v2.4.2 CLI11 2.1 CONFIG)
  # Not fetched, and not for another machine, where pkg-config would tell of this one: then no .png is written.
  if(NOT CMAKE_CROSSCOMPILING)
    find_package(rsvg MODULE)
    if(NOT rsvg_FOUND AND NOT SACCADE_FETCH_DEPENDENCIES)
      message(FATAL_ERROR "librsvg not found: run tools/setup (Debian), install it, "
                          "or configure with -DSACCADE_FETCH_DEPENDENCIES=ON to build a command without .png")
    endif()
  endif()
endif()
if(SACCADE_BUILD_TESTS)
  saccade_dependency(doctest doctest/doctest v2.4.11 doctest 2.4.9 CONFIG)
endif()
if(SACCADE_BUILD_BENCH)
  saccade_dependency(benchmark google/benchmark v1.8.5 benchmark 1.7 CONFIG)
endif()

if(SACCADE_FETCHED)
  include(Fetch)
endif()
