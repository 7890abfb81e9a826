# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Tests that need h5py, by the interpreter MEMDATA_H5PY. Included by CMakeLists.txt after the test `interop`.

set(scratch ${PROJECT_BINARY_DIR}/scratch)
set(MEMDATA_FIXTURES ${PROJECT_SOURCE_DIR}/mpi_tests/data/caput)
add_test(NAME truth.write COMMAND ${MEMDATA_H5PY} ${CMAKE_CURRENT_SOURCE_DIR}/truth.py write ${scratch}/truth.write)
_memdata_test_properties(truth.write 60 1 LABELS io)
set_tests_properties(truth.write PROPERTIES FIXTURES_SETUP truth_files)
memdata_add_test(truth_load SOURCES truth_load_test.cpp truth_odd_test.cpp LAYER io LIBRARIES memdata_test_formula
    RANKS 1 2 3 4 8 BACKENDS ompio romio ENVIRONMENT MEMDATA_TRUTH_FILES=${scratch}/truth.write)

# What `interop` saved at every number of ranks is judged afterwards: the copies of the fixtures are compared with the
# originals and with each other, the rest is checked by what it should be. So are h5py's files that `truth_load` saved
# again, but for the hints, which not all of them had.
function(memdata_add_h5py_test name fixture)
    add_test(NAME ${name} COMMAND ${MEMDATA_H5PY} ${ARGN})
    _memdata_test_properties(${name} 60 1 LABELS io)
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED "${fixture}")
endfunction()
set(compare ${PROJECT_SOURCE_DIR}/mpi_tests/support/compare_h5.py)
foreach(backend IN ITEMS ompio romio)
    set(saved "")
    foreach(ranks IN ITEMS 1 2 3 4 8)
        set(run ${backend}.np${ranks})
        set_tests_properties(truth_load.${run} PROPERTIES FIXTURES_REQUIRED truth_files FIXTURES_SETUP copied_${run})
        set_tests_properties(interop.${run} PROPERTIES FIXTURES_SETUP "saved_${run};saved_${backend}")
        list(APPEND saved ${scratch}/interop.${run})
        memdata_add_h5py_test(fixtures.compare.${run} saved_${run}
            ${compare} --layout --quiet ${MEMDATA_FIXTURES} ${scratch}/interop.${run}/copies)
    endforeach()
    memdata_add_h5py_test(truth.check.${backend} saved_${backend}
        ${CMAKE_CURRENT_SOURCE_DIR}/truth.py check ${saved})
    foreach(ranks IN ITEMS 3 8)
        memdata_add_h5py_test(truth.copies.${backend}.np${ranks} copied_${backend}.np${ranks}
            ${compare} --ignore-hints --quiet ${scratch}/truth_load.${backend}.np${ranks}/copies ${scratch}/truth.write)
        memdata_add_h5py_test(fixtures.any_ranks.${backend}.np${ranks} saved_${backend}
            ${compare} --layout --quiet ${scratch}/interop.${backend}.np1/copies
            ${scratch}/interop.${backend}.np${ranks}/copies)
    endforeach()
endforeach()

# All cases of the matrix, by the list of Python.
foreach(backend IN ITEMS ompio romio)
    set(saved "")
    foreach(ranks IN ITEMS 1 2 3 4 7)
        list(APPEND saved ${scratch}/matrix_save.${backend}.np${ranks})
    endforeach()
    memdata_add_h5py_test(matrix.check.${backend} matrix_${backend}
        ${CMAKE_CURRENT_SOURCE_DIR}/matrix_truth.py ${saved})
endforeach()

# Random selections, and what numpy makes of them.
add_test(NAME selection.write COMMAND ${MEMDATA_H5PY} ${CMAKE_CURRENT_SOURCE_DIR}/selection_write.py
    ${scratch}/selection.write)
_memdata_test_properties(selection.write 60 1 LABELS io)
set_tests_properties(selection.write PROPERTIES FIXTURES_SETUP selection_files)
memdata_add_test(selection_numpy SOURCES selection_numpy_test.cpp LAYER io RANKS 1 2 3 4 7 BACKENDS ompio romio
    ENVIRONMENT MEMDATA_SELECTION_FILES=${scratch}/selection.write)
foreach(backend IN ITEMS ompio romio)
    foreach(ranks IN ITEMS 1 2 3 4 7)
        set_tests_properties(selection_numpy.${backend}.np${ranks} PROPERTIES FIXTURES_REQUIRED selection_files)
    endforeach()
endforeach()

# Filters: files of h5py for the test `filter`, and h5py's look at what that saved.
add_test(NAME filter.write COMMAND ${MEMDATA_H5PY} ${CMAKE_CURRENT_SOURCE_DIR}/filter_truth.py write
    ${scratch}/filter.write)
_memdata_test_properties(filter.write 60 1 LABELS io)
set_tests_properties(filter.write PROPERTIES FIXTURES_SETUP filter_files)
set(saved "")
foreach(backend IN ITEMS ompio romio)
    foreach(ranks IN ITEMS 1 2 3 4 7)
        set(run filter.${backend}.np${ranks})
        set_tests_properties(${run} PROPERTIES FIXTURES_REQUIRED filter_files FIXTURES_SETUP filtered)
        set_property(TEST ${run} APPEND PROPERTY ENVIRONMENT MEMDATA_FILTER_FILES=${scratch}/filter.write)
        list(APPEND saved ${scratch}/${run})
    endforeach()
endforeach()
memdata_add_h5py_test(filter.check filtered ${CMAKE_CURRENT_SOURCE_DIR}/filter_truth.py check ${saved})

# What `update` makes of h5py's files.
set(update_truth ${CMAKE_CURRENT_SOURCE_DIR}/update_truth.py)
set(update_files ${scratch}/update_truth.write)
add_test(NAME update_truth.write COMMAND ${MEMDATA_H5PY} ${update_truth} write ${update_files})
_memdata_test_properties(update_truth.write 60 1 LABELS io)
set_tests_properties(update_truth.write PROPERTIES FIXTURES_SETUP update_files)
foreach(backend IN ITEMS ompio romio)
    set(saved "")
    foreach(ranks IN ITEMS 1 2 3 4 7)
        set(run update.${backend}.np${ranks})
        set_tests_properties(${run} PROPERTIES FIXTURES_REQUIRED update_files FIXTURES_SETUP updated_${backend})
        set_property(TEST ${run} APPEND PROPERTY ENVIRONMENT "MEMDATA_UPDATE_FILES=${update_files}"
            "MEMDATA_H5PY_HOLD=${MEMDATA_H5PY} ${update_truth}")
        list(APPEND saved ${scratch}/${run})
    endforeach()
    memdata_add_h5py_test(update_truth.check.${backend} updated_${backend} ${update_truth} check ${update_files} ${saved})
endforeach()
