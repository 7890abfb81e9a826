# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Shows that check_layers.cmake finds what it should: it runs on the small tree in bad_example/,
# where each line with "// bad" breaks a rule and no other line does.
#   cmake -P check_layers_selftest.cmake

cmake_minimum_required(VERSION 3.25)

set(root "${CMAKE_CURRENT_LIST_DIR}/bad_example")
execute_process(
    COMMAND "${CMAKE_COMMAND}" -D "ROOT=${root}" -P "${CMAKE_CURRENT_LIST_DIR}/check_layers.cmake"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)

set(wrong "")
set(expected 1) # src/nowhere/lost.cpp: its folder
if(NOT output MATCHES "src/nowhere/lost.cpp: is in no known layer")
    string(APPEND wrong "not found: src/nowhere/lost.cpp\n")
endif()
file(GLOB_RECURSE files RELATIVE "${root}" "${root}/*.hpp" "${root}/*.cpp")
foreach(file IN LISTS files)
    file(STRINGS "${root}/${file}" lines REGEX "// bad$")
    foreach(line IN LISTS lines)
        string(REGEX MATCH "[<\"]([^>\"]+)[>\"]" _ "${line}")
        string(FIND "${output}" "${file}: includes ${CMAKE_MATCH_1}:" position)
        if(position EQUAL -1)
            string(APPEND wrong "not found: ${file}: ${line}\n")
        endif()
        math(EXPR expected "${expected} + 1")
    endforeach()
endforeach()
if(NOT output MATCHES "CMake Error" OR NOT output MATCHES "[^0-9]${expected} broken layer rules")
    string(APPEND wrong "not exactly ${expected} rules were reported as broken\n")
endif()
if(status EQUAL 0)
    string(APPEND wrong "exit status 0\n")
endif()
if(wrong)
    message(FATAL_ERROR "${wrong}---- output ----\n${output}")
endif()
message(STATUS "${expected} broken rules, all found")
