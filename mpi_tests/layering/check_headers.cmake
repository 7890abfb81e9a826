# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Checks that there is one object file for each public header, and says how many there are.
#   cmake -D ROOT=<checkout> -D OBJECTS=<file with one object per line>
#       -D SKIPPED=<number of headers left out> -P check_headers.cmake

cmake_minimum_required(VERSION 3.25)

file(GLOB_RECURSE headers RELATIVE "${ROOT}/include" "${ROOT}/include/*.hpp")
file(STRINGS "${OBJECTS}" objects)
list(LENGTH headers header_count)
list(LENGTH objects object_count)
if(header_count EQUAL 0)
    message(FATAL_ERROR "no public header found below ${ROOT}/include")
endif()
foreach(object IN LISTS objects)
    if(NOT EXISTS "${object}")
        message(FATAL_ERROR "not compiled: ${object}")
    endif()
endforeach()
math(EXPR header_count "${header_count} - ${SKIPPED}")
if(NOT header_count EQUAL object_count)
    message(FATAL_ERROR "${header_count} public headers to compile, but ${object_count} were compiled alone")
endif()
message(STATUS "${header_count} public headers, each compiled alone; ${SKIPPED} left out, for lack of a library")
