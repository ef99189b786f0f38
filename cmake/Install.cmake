# install(): library, headers, command, and a config package for find_package(saccade).
if(SACCADE_FETCHED_LINKED)
  # An installed library would name targets that exist only in this build.
  message(STATUS "No install: ${SACCADE_FETCHED_LINKED} fetched, not installed")
  return()
endif()
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/saccade)

install(TARGETS saccade EXPORT saccadeTargets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/saccade DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
if(TARGET saccade_command)
  install(TARGETS saccade_command)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/tools/models/saccade-mini DESTINATION ${CMAKE_INSTALL_DATADIR}/saccade
          PATTERN "sample*" EXCLUDE)
endif()
install(EXPORT saccadeTargets NAMESPACE saccade:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/saccadeConfig.cmake.in ${PROJECT_BINARY_DIR}/saccadeConfig.cmake
                              INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/saccadeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/saccadeConfig.cmake ${PROJECT_BINARY_DIR}/saccadeConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/Findminizip.cmake ${CMAKE_CURRENT_LIST_DIR}/Findutf8proc.cmake
        DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/saccade)
