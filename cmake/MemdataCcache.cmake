# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Uses ccache when it is there and works (it does not where its cache folder cannot be written).

if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(MEMDATA_CCACHE ccache)
    mark_as_advanced(MEMDATA_CCACHE)
    if(MEMDATA_CCACHE)
        set(_probe "${CMAKE_BINARY_DIR}/CMakeFiles/ccache_probe")
        file(WRITE "${_probe}.cpp" "int memdata_ccache_probe;\n")
        execute_process(
            COMMAND "${MEMDATA_CCACHE}" "${CMAKE_CXX_COMPILER}" -c "${_probe}.cpp" -o "${_probe}.o"
            RESULT_VARIABLE _status OUTPUT_QUIET ERROR_QUIET)
        if(_status EQUAL 0)
            set(CMAKE_CXX_COMPILER_LAUNCHER "${MEMDATA_CCACHE}")
        endif()
    endif()
endif()
