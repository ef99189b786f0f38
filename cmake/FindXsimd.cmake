# Finds the headers of xsimd at a version and defines Xsimd_INCLUDE_DIR. They are needed only to build the library.
# Not by xsimd's own config package: Debian's asks for xtl, which nothing here uses.

function(saccade_xsimd_version version_variable include_dir)
  set(version "")
  set(header ${include_dir}/xsimd/config/xsimd_config.hpp)
  if(EXISTS ${header})
    foreach(part MAJOR MINOR PATCH)
      file(STRINGS ${header} line REGEX "#define XSIMD_VERSION_${part} +[0-9]+")
      string(REGEX MATCH "[0-9]+$" number "${line}")
      list(APPEND version ${number})
    endforeach()
    list(JOIN version "." version)
  endif()
  set(${version_variable} "${version}" PARENT_SCOPE)
endfunction()

# An older xsimd in the system's folders is passed over, not an error: the wanted one may lie further on.
function(saccade_xsimd_new_enough result candidate)
  saccade_xsimd_version(version ${candidate})
  if(version VERSION_LESS Xsimd_FIND_VERSION)
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

find_path(Xsimd_INCLUDE_DIR xsimd/xsimd.hpp
          PATHS ${PROJECT_SOURCE_DIR}/.deps/usr/include  # where tools/setup unpacks it
          VALIDATOR saccade_xsimd_new_enough)
mark_as_advanced(Xsimd_INCLUDE_DIR)
if(Xsimd_INCLUDE_DIR)
  saccade_xsimd_version(Xsimd_VERSION ${Xsimd_INCLUDE_DIR})
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Xsimd REQUIRED_VARS Xsimd_INCLUDE_DIR VERSION_VAR Xsimd_VERSION)
