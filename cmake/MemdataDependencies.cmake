# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Finds what the library needs; used by the build and by the installed package alike.
# What is found by pkg-config gets a target of our own, memdata_deps::<name>, so that the names
# are the same in both.

# Stops with the name of the missing thing and of the Debian/Ubuntu packages that bring it.
function(memdata_missing what packages)
    message(FATAL_ERROR "memdata needs ${what}.\nOn Debian and Ubuntu: apt-get install ${packages}\n")
endfunction()

# MPI, without the C++ bindings that MPI 3 removed.
set(_mpi_languages CXX)
get_property(_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if("C" IN_LIST _languages) # a project that uses the installed library may have C++ only
    list(APPEND _mpi_languages C)
endif()
find_package(MPI QUIET COMPONENTS ${_mpi_languages})
if(NOT MPI_FOUND)
    memdata_missing("an MPI library with its compiler wrappers" "openmpi-bin libopenmpi-dev")
endif()

find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
    memdata_missing("pkg-config" "pkg-config")
endif()

# Parallel HDF5, C interface. Debian keeps one flavour for each MPI, with a pkg-config file;
# elsewhere (or with HDF5_ROOT set) CMake's own search is asked for a parallel one.
if(NOT TARGET memdata_deps::hdf5)
    if(NOT DEFINED HDF5_ROOT AND NOT DEFINED ENV{HDF5_ROOT})
        if(MPI_CXX_LIBRARIES MATCHES "mpich" OR MPI_CXX_HEADER_DIR MATCHES "mpich")
            set(_flavour hdf5-mpich)
        else()
            set(_flavour hdf5-openmpi)
        endif()
        pkg_check_modules(MEMDATA_HDF5 QUIET IMPORTED_TARGET ${_flavour})
    endif()
    add_library(memdata_deps::hdf5 INTERFACE IMPORTED)
    if(TARGET PkgConfig::MEMDATA_HDF5)
        target_link_libraries(memdata_deps::hdf5 INTERFACE PkgConfig::MEMDATA_HDF5)
        set(_hdf5_include ${MEMDATA_HDF5_INCLUDE_DIRS})
        set(_hdf5_version ${MEMDATA_HDF5_VERSION})
    else()
        set(HDF5_PREFER_PARALLEL ON)
        find_package(HDF5 QUIET COMPONENTS C)
        if(NOT HDF5_FOUND)
            memdata_missing("the parallel HDF5 library (C interface)" "libhdf5-openmpi-dev")
        endif()
        target_include_directories(memdata_deps::hdf5 INTERFACE ${HDF5_C_INCLUDE_DIRS})
        target_link_libraries(memdata_deps::hdf5 INTERFACE ${HDF5_C_LIBRARIES})
        set(_hdf5_include ${HDF5_C_INCLUDE_DIRS})
        set(_hdf5_version ${HDF5_VERSION})
    endif()
    target_link_libraries(memdata_deps::hdf5 INTERFACE MPI::MPI_CXX)

    set(_parallel FALSE)
    foreach(_dir IN LISTS _hdf5_include)
        file(GLOB _configs "${_dir}/H5pubconf*.h") # some systems keep one for each word size
        foreach(_config IN LISTS _configs)
            file(STRINGS "${_config}" _line REGEX "^#define[ \t]+H5_HAVE_PARALLEL[ \t]+1")
            if(_line)
                set(_parallel TRUE)
            endif()
        endforeach()
    endforeach()
    if(NOT _parallel)
        memdata_missing(
            "an HDF5 built with MPI; the one found in ${_hdf5_include} is not (H5_HAVE_PARALLEL)"
            "libhdf5-openmpi-dev")
    endif()
    if(NOT memdata_FIND_QUIETLY)
        message(STATUS "Parallel HDF5 ${_hdf5_version}: ${_hdf5_include}")
    endif()
endif()

find_package(Boost 1.74 QUIET CONFIG COMPONENTS mpi serialization)
if(NOT TARGET Boost::mpi OR NOT TARGET Boost::serialization)
    memdata_missing("Boost.MPI and Boost.Serialization, 1.74 or newer"
        "libboost-mpi-dev libboost-serialization-dev")
endif()

find_package(nlohmann_json 3.10 QUIET)
if(NOT nlohmann_json_FOUND)
    memdata_missing("nlohmann_json, 3.10 or newer" "nlohmann-json3-dev")
endif()

find_package(fmt 9 QUIET)
if(NOT fmt_FOUND)
    find_package(fmt QUIET) # a newer major version does as well
endif()
if(NOT fmt_FOUND OR fmt_VERSION VERSION_LESS 9)
    memdata_missing("fmt, 9 or newer" "libfmt-dev")
endif()

if(NOT TARGET memdata_deps::xxhash)
    pkg_check_modules(MEMDATA_XXHASH QUIET IMPORTED_TARGET libxxhash>=0.8)
    if(NOT MEMDATA_XXHASH_FOUND)
        memdata_missing("xxHash, 0.8 or newer" "libxxhash-dev")
    endif()
    add_library(memdata_deps::xxhash INTERFACE IMPORTED)
    target_link_libraries(memdata_deps::xxhash INTERFACE PkgConfig::MEMDATA_XXHASH)
endif()

# Optional: h5py's LZF filter.
find_package(liblzf QUIET)
if(NOT TARGET liblzf::liblzf AND NOT memdata_FIND_QUIETLY)
    message(STATUS "NOTICE: without liblzf (liblzf-dev) the filter LZF needs a plugin of HDF5")
endif()

# What only programs need.
if(MEMDATA_BUILD_EXAMPLES OR MEMDATA_BUILD_BENCH)
    find_package(CLI11 QUIET)
    if(NOT CLI11_FOUND)
        memdata_missing("CLI11 for the examples and benchmarks" "libcli11-dev")
    endif()
endif()
if(MEMDATA_BUILD_BENCH AND NOT TARGET memdata_deps::fftw3_mpi)
    pkg_check_modules(MEMDATA_FFTW3 QUIET IMPORTED_TARGET fftw3)
    find_library(MEMDATA_FFTW3_MPI_LIBRARY fftw3_mpi HINTS ${MEMDATA_FFTW3_LIBRARY_DIRS})
    mark_as_advanced(MEMDATA_FFTW3_MPI_LIBRARY)
    if(NOT MEMDATA_FFTW3_FOUND OR NOT MEMDATA_FFTW3_MPI_LIBRARY)
        memdata_missing("FFTW with MPI, to compare with in the benchmarks" "libfftw3-dev libfftw3-mpi-dev")
    endif()
    add_library(memdata_deps::fftw3_mpi INTERFACE IMPORTED)
    target_link_libraries(memdata_deps::fftw3_mpi
        INTERFACE ${MEMDATA_FFTW3_MPI_LIBRARY} PkgConfig::MEMDATA_FFTW3 MPI::MPI_CXX)
endif()
if(MEMDATA_BUILD_EXAMPLES)
    find_package(PNG QUIET)
    if(NOT PNG_FOUND)
        memdata_missing("libpng for the example programs" "libpng-dev")
    endif()
endif()
if(MEMDATA_BUILD_TESTS)
    find_package(GTest QUIET CONFIG)
    if(NOT TARGET GTest::gtest OR NOT TARGET GTest::gmock)
        memdata_missing("GoogleTest and GoogleMock for the tests" "libgtest-dev libgmock-dev")
    endif()
    # Only the adaptors in memdata/base use them; without them those are not tested.
    find_package(Eigen3 3.3 QUIET NO_MODULE)
    find_package(xtensor QUIET CONFIG)
endif()
