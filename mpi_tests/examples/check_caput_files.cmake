# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Has 03_open_caput_file copy every file of $MEMDATA_TEST_DATA/caput to COPIES:
#   -D PROGRAM=... -D MPIEXEC=mpirun;-n;2 -D TIMEOUT_PROGRAM=timeout -D COPIES=folder
# or compares the copies with the originals:
#   -D PYTHON=python3 -D COMPARE=compare_h5.py -D COPIES=folder

cmake_minimum_required(VERSION 3.25)

file(GLOB originals "$ENV{MEMDATA_TEST_DATA}/caput/*.h5")
if(NOT originals)
    message(FATAL_ERROR "no files in $ENV{MEMDATA_TEST_DATA}/caput")
endif()
if(NOT PYTHON)
    file(REMOVE_RECURSE "${COPIES}")
    file(MAKE_DIRECTORY "${COPIES}")
endif()

set(failed "")
foreach(original IN LISTS originals)
    cmake_path(GET original FILENAME name)
    if(PYTHON)
        set(options "")
        if(name STREQUAL "no_hints_h5py.h5")
            set(options --ignore-hints) # we write hints where h5py wrote none
        endif()
        set(command "${PYTHON}" "${COMPARE}" --quiet --layout ${options} "${original}" "${COPIES}/${name}")
    else()
        set(command "${TIMEOUT_PROGRAM}" --foreground -k 5 30 ${MPIEXEC} "${PROGRAM}" "${original}" "${COPIES}/${name}")
    endif()
    execute_process(COMMAND ${command}
        RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(status EQUAL 0)
        message(STATUS "${name}: good")
    else()
        message("---- ${name}: status ${status}\n${output}")
        list(APPEND failed "${name}")
    endif()
endforeach()
if(failed)
    message(FATAL_ERROR "failed: ${failed}")
endif()
