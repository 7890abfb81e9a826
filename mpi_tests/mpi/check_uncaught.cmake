# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Runs one case of the program `uncaught` on 3 ranks: it must end within 10 s, with a status that is not 0, and say
# on stderr which rank failed and why. The cases in `well` end with status 0.
#   -D CASE=... -D PROGRAM=... -D MPIEXEC=mpirun;-n;3 -D TIMEOUT_PROGRAM=timeout

cmake_minimum_required(VERSION 3.25)

set(well thread_level plan_outlives)

set(scope "memdata: rank 1 of 3: an exception leaves the scope of the Environment; the job ends")
set(handler "the program's own handler: thrown by one rank")
set(expect_one_rank "memdata: rank 1 of 3: uncaught exception: thrown by one rank; the job ends")
set(expect_all_ranks "memdata: rank [012] of 3: uncaught exception: thrown by every rank; the job ends")
set(expect_agreed "memdata: rank [012] of 3: uncaught exception: seen by one rank .rank 1, the step.; the job ends")
set(expect_terminate "memdata: rank 1 of 3: std::terminate without an exception; the job ends")
set(expect_foreign "memdata: rank 1 of 3: uncaught exception of unknown type; the job ends")
set(expect_no_memory "memdata: rank 1 of 3: uncaught exception: std::bad_alloc; the job ends")
set(expect_thread "memdata: rank 1 of 3: uncaught exception: thrown in a thread; the job ends")
set(expect_in_noexcept "memdata: rank 1 of 3: uncaught exception: thrown in noexcept; the job ends")
set(expect_long_message "memdata: rank 1 of 3: uncaught exception: a long message x+")
set(expect_caught_outside "${scope}" "${handler}")
set(expect_caught_outside_on_all "the scope of the Environment" "own handler: seen by one rank .rank 1, the step.")
set(expect_handler_hangs "${scope}" "${handler}")
set(expect_handler_returns_0 "${scope}" "${handler}")
set(expect_thread_level
    "rank 2: thread level 'multiple' was asked for, but MPI gives '[a-z]+': it was initialised before")
set(expect_plan_outlives "")

string(TIMESTAMP begin "%s")
execute_process(
    COMMAND "${TIMEOUT_PROGRAM}" --foreground -k 5 20 ${MPIEXEC} "${PROGRAM}" "${CASE}"
    RESULT_VARIABLE status ERROR_VARIABLE output OUTPUT_VARIABLE stdout)
string(TIMESTAMP end "%s")
math(EXPR seconds "${end} - ${begin}")

set(problems "")
if(CASE IN_LIST well)
    if(NOT status EQUAL 0)
        string(APPEND problems "exit status ${status}\n")
    endif()
elseif(status EQUAL 0)
    string(APPEND problems "exit status 0\n")
endif()
if(seconds GREATER 10)
    string(APPEND problems "took ${seconds} s, 10 are allowed\n")
endif()
foreach(pattern IN LISTS expect_${CASE})
    if(NOT output MATCHES "${pattern}")
        string(APPEND problems "not on stderr: ${pattern}\n")
    endif()
endforeach()

if(problems)
    message(FATAL_ERROR "${problems}---- stderr (status ${status}) ----\n${output}\n---- stdout ----\n${stdout}")
endif()
message(STATUS "ended as it should, status ${status}, ${seconds} s")
