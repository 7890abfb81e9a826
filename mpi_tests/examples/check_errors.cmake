# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Runs an example on input that it cannot accept: it ends, its status is not 0, and the message comes once.
#   -D CASE=... -D BIN=folder of the programs -D MPIEXEC=mpirun;-n;3 -D TIMEOUT_PROGRAM=timeout
#   -D HEAT=a file of 01_simulate -D PYTHON=python3 with h5py, or empty

cmake_minimum_required(VERSION 3.25)

set(scratch "$ENV{MEMDATA_TEST_DIR}")
file(REMOVE_RECURSE "${scratch}")
file(MAKE_DIRECTORY "${scratch}")

if(CASE STREQUAL "usage")
    set(command 01_simulate)
    set(message "output is required")
elseif(CASE STREQUAL "bad_option")
    set(command 01_simulate "${scratch}/out.h5" --nx 2)
    set(message "--nx: Value 2 not in range")
elseif(CASE STREQUAL "missing_folder")
    set(command 01_simulate "${scratch}/missing/out.h5" --nx 16 --ny 16 --steps 1)
    set(message "01_simulate: .*/missing")
elseif(CASE STREQUAL "missing_file")
    set(command 03_open_caput_file "${scratch}/missing.h5")
    set(message "03_open_caput_file: .*missing.h5")
elseif(CASE STREQUAL "folder")
    set(command 03_open_caput_file "${scratch}")
    set(message "03_open_caput_file: .*/scratch")
elseif(CASE STREQUAL "not_hdf5")
    file(WRITE "${scratch}/text.h5" "no HDF5\n")
    set(command 02_analyse "${scratch}/text.h5")
    set(message "02_analyse: .*text.h5")
elseif(CASE STREQUAL "other_file")
    set(command 02_analyse "$ENV{MEMDATA_TEST_DATA}/caput/container.h5")
    set(message "02_analyse: .*'/checks/row_mean'")
elseif(CASE STREQUAL "picture")
    set(command 02_analyse "${HEAT}" "${scratch}/missing/heat.png")
    set(message "02_analyse: .*/missing/heat.png' cannot be written")
elseif(CASE STREQUAL "wrong_result")
    file(COPY_FILE "${HEAT}" "${scratch}/heat.h5")
    execute_process(COMMAND "${PYTHON}" -c
        "import h5py, sys; h5py.File(sys.argv[1], 'r+')['temperature'][20, 30] += 1e-6" "${scratch}/heat.h5"
        COMMAND_ERROR_IS_FATAL ANY)
    set(command 02_analyse "${scratch}/heat.h5")
    set(message "FAIL: means")
else()
    message(FATAL_ERROR "no case '${CASE}'")
endif()

list(POP_FRONT command program)
execute_process(COMMAND "${TIMEOUT_PROGRAM}" --foreground -k 5 30 ${MPIEXEC} "${BIN}/${program}" ${command}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)

set(problems "")
if(status EQUAL 0)
    string(APPEND problems "exit status 0\n")
elseif(status EQUAL 124)
    string(APPEND problems "did not end\n")
endif()
string(REGEX REPLACE "[][;]" "." lines "${output}") # what would join or part the elements of a list
string(REPLACE "\n" ";" lines "${lines}")
list(FILTER lines INCLUDE REGEX "${message}")
list(LENGTH lines count)
if(NOT count EQUAL 1)
    string(APPEND problems "'${message}' is printed ${count} times\n")
endif()
if(output MATCHES "MPI_ABORT|the job ends")
    string(APPEND problems "the job was aborted\n")
endif()
if(problems)
    message(FATAL_ERROR "${problems}---- output (status ${status}) ----\n${output}")
endif()
message(STATUS "${lines}")
