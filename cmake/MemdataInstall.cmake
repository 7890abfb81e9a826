# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Installs the library, its headers and a CMake package: find_package(memdata) gives memdata::memdata.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/memdata")

install(TARGETS memdata EXPORT memdata-targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.hpp")
install(EXPORT memdata-targets NAMESPACE memdata:: DESTINATION "${_package_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/memdata-config.cmake.in"
    "${PROJECT_BINARY_DIR}/memdata-config.cmake" INSTALL_DESTINATION "${_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/memdata-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/memdata-config.cmake"
    "${PROJECT_BINARY_DIR}/memdata-config-version.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/MemdataDependencies.cmake"
    DESTINATION "${_package_dir}")
