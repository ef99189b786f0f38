# Finds librsvg and what it draws with, cairo, and defines rsvg::rsvg, included as <librsvg/rsvg.h>. For the command
# only, by pkg-config: both libraries come with nothing else.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(rsvg QUIET IMPORTED_TARGET librsvg-2.0)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(rsvg REQUIRED_VARS rsvg_LINK_LIBRARIES VERSION_VAR rsvg_VERSION)

if(rsvg_FOUND AND NOT TARGET rsvg::rsvg)
  add_library(rsvg::rsvg ALIAS PkgConfig::rsvg)
endif()
