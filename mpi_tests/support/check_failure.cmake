# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Runs one of the tests of failing_on_purpose and checks what it prints, that its status is not 0,
# that it ends in time and leaves no process behind.
#   -D CASE=... -D PROGRAM=... -D MPIEXEC=mpirun;-n;3 -D TIMEOUT_PROGRAM=timeout

cmake_minimum_required(VERSION 3.25)

# A dot stands for a bracket: brackets would join the elements of a CMake list.
set(expect_one_rank
    "rank 1/3. .*text of the failure" "Failing.one_rank on rank.s. 1 of 3" "rank 1/3: 1 failed")
set(expect_all_ranks
    "rank 0/3. .*Failure" "rank 1/3. .*Failure" "rank 2/3. .*Failure" "on rank.s. 0, 1, 2 of 3")
set(expect_expect_on_all "not so on 1 of 3 ranks" "rank.s. 2: false" "more text")
set(expect_expect_throw
    "not so on 1 of 3 ranks" "rank.s. 1: threw nothing" "rank.s. 0, 2: bad axis")
set(expect_throw_one_rank "thrown by one rank" "rank 1/3. ranks no longer in step after")
set(expect_leaks
    "rank 1/3. .*left behind by the test" "1 x HDF5 dataspace" "1 x MPI communicator of MPI_Comm_dup"
    "2 x MPI datatype of MPI_Type_contiguous" "1 x MPI group of MPI_Comm_group" "1 x MPI info of MPI_Info_create"
    "1 x MPI request of MPI_Irecv" "1 x MPI window of MPI_Win_allocate_shared" "1 x MPI file of MPI_File_open"
    "1 x descriptor of [^,]*/left_open" "1 x memory shared with the ranks" "1 x thread"
    "Failing.leaks on rank.s. 1 of 3")
set(expect_hang "Failing.hang")

# A copy with a name of its own, so that processes left behind can be told from others.
string(RANDOM LENGTH 8 ALPHABET 0123456789abcdef tag)
set(copy "$ENV{MEMDATA_TEST_DIR}/fail_${tag}")
get_filename_component(folder "${copy}" DIRECTORY)
file(REMOVE_RECURSE "${folder}")
file(MAKE_DIRECTORY "${folder}")
file(COPY_FILE "${PROGRAM}" "${copy}")

set(limit 30)
if(CASE STREQUAL "hang")
    set(limit 3)
endif()
execute_process(
    COMMAND "${TIMEOUT_PROGRAM}" --foreground -k 5 ${limit} ${MPIEXEC} "${copy}"
        "--gtest_filter=Failing.${CASE}"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)

set(problems "")
if(status EQUAL 0)
    string(APPEND problems "exit status 0\n")
endif()
if(NOT CASE STREQUAL "hang" AND status EQUAL 124)
    string(APPEND problems "did not end within ${limit} s\n")
endif()
foreach(pattern IN LISTS expect_${CASE})
    if(NOT output MATCHES "${pattern}")
        string(APPEND problems "not printed: ${pattern}\n")
    endif()
endforeach()

# Ranks are children of mpirun and gone with it, or nearly.
execute_process(COMMAND sleep 1)
execute_process(COMMAND sh -c "readlink /proc/[0-9]*/exe" OUTPUT_VARIABLE programs ERROR_QUIET)
if(programs MATCHES "fail_${tag}")
    string(APPEND problems "processes are left behind\n")
endif()
file(REMOVE "${copy}")

if(problems)
    message(FATAL_ERROR "${problems}---- output (status ${status}) ----\n${output}")
endif()
message(STATUS "failed as it should, status ${status}")
