# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# memdata_add_test(name
#     SOURCES a.cpp b.cpp          the test's own sources
#     LAYER base                   a ctest label, and the folder the test belongs to
#     RANKS 1 2 3 4 | NO_MPI       numbers of ranks, or: one process started without mpirun
#     [BACKENDS ompio romio]       one entry for each, with MEMDATA_BACKEND set
#     [TIMEOUT 120]                seconds
#     [SERIAL]                     no other test at the same time
#     [LABELS x ...] [ARGS ...] [LIBRARIES ...] [ENVIRONMENT A=b ...])
#
# builds one program test_<name> and registers it as <name>.npN, <name>.<backend>.npN, or <name>.
#
# memdata_add_program_test(name TARGET program LAYER ... RANKS ... [the options above])
#
# registers a program that exists already (an example) in the same way.
#
# Each entry finds in its environment
#     MEMDATA_TEST_DIR   a scratch folder of its own      MEMDATA_TEST_DATA  mpi_tests/data
#     MEMDATA_BACKEND    where BACKENDS were given

# Each rank takes one of ctest's slots (--parallel). Most of a short MPI job's time goes into the launcher's waiting:
# run.sh gives four slots a core.
cmake_host_system_information(RESULT MEMDATA_TEST_SLOTS QUERY NUMBER_OF_LOGICAL_CORES)
math(EXPR MEMDATA_TEST_SLOTS "4 * ${MEMDATA_TEST_SLOTS}")
find_program(MEMDATA_TIMEOUT_PROGRAM timeout REQUIRED)
mark_as_advanced(MEMDATA_TIMEOUT_PROGRAM)

# More ranks than cores are wanted; Open MPI has to be told, other launchers do so unasked.
if(NOT DEFINED MEMDATA_MPIEXEC_IS_OPENMPI)
    execute_process(COMMAND "${MPIEXEC_EXECUTABLE}" --version
        OUTPUT_VARIABLE _version ERROR_VARIABLE _version_err)
    string(REGEX MATCH "Open ?MPI|OpenRTE|PRRTE|PRTE" _match "${_version}${_version_err}")
    if(_match)
        set(MEMDATA_MPIEXEC_IS_OPENMPI ON CACHE INTERNAL "mpiexec is Open MPI's")
    else()
        set(MEMDATA_MPIEXEC_IS_OPENMPI OFF CACHE INTERNAL "mpiexec is Open MPI's")
    endif()
endif()
set(MEMDATA_MPIEXEC_FLAGS "")
if(MEMDATA_MPIEXEC_IS_OPENMPI)
    set(MEMDATA_MPIEXEC_FLAGS --oversubscribe)
endif()

# The environment of every test. Ranks are not bound to cores: two tests that run at the same time
# would be bound to the same ones, and they let others run while they wait. use_tls=0: the leak checker crashes now and then on the thread-local
# storage of MPI plug-ins that were unloaded.
set(MEMDATA_TEST_ENVIRONMENT
    OMPI_ALLOW_RUN_AS_ROOT=1
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    PRTE_ALLOW_RUN_AS_ROOT=1
    PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
    OMPI_MCA_rmaps_base_oversubscribe=1
    OMPI_MCA_hwloc_base_binding_policy=none
    OMPI_MCA_mpi_yield_when_idle=1
    MEMDATA_TEST_DATA=${PROJECT_SOURCE_DIR}/mpi_tests/data
    LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/mpi_tests/support/lsan.supp:print_suppressions=0:use_tls=0
    UBSAN_OPTIONS=print_stacktrace=1
    GTEST_COLOR=no)

# The tests' own code need not be fast: this halves the time that it takes to compile.
function(memdata_compile_quickly target)
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# Sets the properties that all entries share. SECONDS is when ctest gives up.
function(_memdata_test_properties entry seconds processors)
    cmake_parse_arguments(T "SERIAL" "BACKEND" "LABELS;ENVIRONMENT" ${ARGN})
    set(environment ${MEMDATA_TEST_ENVIRONMENT} ${T_ENVIRONMENT}
        "MEMDATA_TEST_DIR=${PROJECT_BINARY_DIR}/scratch/${entry}")
    set(labels ${T_LABELS})
    if(T_BACKEND)
        list(APPEND environment "MEMDATA_BACKEND=${T_BACKEND}")
        list(APPEND labels "${T_BACKEND}")
    endif()
    if(processors GREATER MEMDATA_TEST_SLOTS)
        set(processors ${MEMDATA_TEST_SLOTS})
    endif()
    set_tests_properties(${entry} PROPERTIES
        TIMEOUT ${seconds} PROCESSORS ${processors} LABELS "${labels}"
        ENVIRONMENT "${environment}")
    if(T_SERIAL)
        set_tests_properties(${entry} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

function(memdata_add_program_test name)
    cmake_parse_arguments(PARSE_ARGV 1 T "NO_MPI;SERIAL" "TARGET;LAYER;TIMEOUT"
        "RANKS;BACKENDS;LABELS;ARGS;ENVIRONMENT")
    if(T_UNPARSED_ARGUMENTS OR NOT T_TARGET OR NOT T_LAYER)
        message(FATAL_ERROR "memdata test ${name}: TARGET and LAYER are needed; "
            "not understood: '${T_UNPARSED_ARGUMENTS}'")
    endif()
    if((T_NO_MPI AND T_RANKS) OR NOT (T_NO_MPI OR T_RANKS))
        message(FATAL_ERROR "memdata test ${name}: either NO_MPI or RANKS is needed")
    endif()
    if(NOT T_TIMEOUT)
        set(T_TIMEOUT 120)
    endif()
    set(common LABELS ${T_LAYER} ${T_LABELS})
    if(T_SERIAL)
        list(APPEND common SERIAL)
    endif()

    if(T_NO_MPI)
        add_test(NAME ${name} COMMAND ${T_TARGET} ${T_ARGS})
        _memdata_test_properties(${name} ${T_TIMEOUT} 1 ${common} ENVIRONMENT ${T_ENVIRONMENT})
        return()
    endif()

    if(NOT T_BACKENDS)
        set(T_BACKENDS "-")
    endif()
    # Leaks are looked for by the tests' main program before MPI_Finalize: what MPI's plug-ins leak
    # cannot be told from our leaks once they are unloaded.
    set(mpi_common ${common} ENVIRONMENT ASAN_OPTIONS=leak_check_at_exit=0 ${T_ENVIRONMENT})
    math(EXPR ctest_seconds "${T_TIMEOUT} + 15")
    foreach(backend IN LISTS T_BACKENDS)
        foreach(ranks IN LISTS T_RANKS)
            if(backend STREQUAL "-")
                set(entry ${name}.np${ranks})
                set(backend_option "")
            else()
                set(entry ${name}.${backend}.np${ranks})
                set(backend_option BACKEND ${backend})
            endif()
            # ctest ends a late test with SIGKILL, after which mpirun cannot end its ranks.
            # `timeout` asks mpirun first, some seconds before ctest would.
            add_test(NAME ${entry} COMMAND
                ${MEMDATA_TIMEOUT_PROGRAM} --foreground -v -k 5 ${T_TIMEOUT}
                ${MPIEXEC_EXECUTABLE} ${MEMDATA_MPIEXEC_FLAGS} ${MPIEXEC_NUMPROC_FLAG} ${ranks}
                ${MPIEXEC_PREFLAGS} $<TARGET_FILE:${T_TARGET}> ${MPIEXEC_POSTFLAGS} ${T_ARGS})
            _memdata_test_properties(${entry} ${ctest_seconds} ${ranks}
                ${mpi_common} ${backend_option})
        endforeach()
    endforeach()
endfunction()

function(memdata_add_test name)
    cmake_parse_arguments(PARSE_ARGV 1 T "NO_MPI;SERIAL" "LAYER;TIMEOUT"
        "SOURCES;LIBRARIES;RANKS;BACKENDS;LABELS;ARGS;ENVIRONMENT")
    if(NOT T_SOURCES OR T_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "memdata test ${name}: SOURCES are needed; "
            "not understood: '${T_UNPARSED_ARGUMENTS}'")
    endif()

    # What the program itself does not need is passed on.
    set(pass_on "")
    foreach(keyword IN ITEMS NO_MPI SERIAL)
        if(T_${keyword})
            list(APPEND pass_on ${keyword})
        endif()
    endforeach()
    foreach(keyword IN ITEMS LAYER TIMEOUT RANKS BACKENDS LABELS ARGS ENVIRONMENT)
        if(T_${keyword})
            list(APPEND pass_on ${keyword} ${T_${keyword}})
        endif()
    endforeach()
    set(main memdata_test_main)
    if(T_NO_MPI)
        set(main memdata_test_main_serial)
    endif()

    add_executable(test_${name} ${T_SOURCES})
    target_link_libraries(test_${name} PRIVATE
        memdata::memdata memdata_test_support ${main} ${T_LIBRARIES})
    memdata_warnings(test_${name})
    if(NOT T_LAYER STREQUAL "array")  # whose templates are to be seen as a program's own optimiser makes them
        memdata_compile_quickly(test_${name})
    endif()
    memdata_add_program_test(${name} TARGET test_${name} ${pass_on})
endfunction()
