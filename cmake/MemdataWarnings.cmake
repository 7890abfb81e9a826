# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# memdata_warnings(target): the project's warnings and, when asked for, its sanitisers.
# Third-party headers come through imported targets, which CMake treats as system headers.

function(memdata_warnings target)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
    if(MEMDATA_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
            # These come from the optimiser and change with the compiler's version.
            target_compile_options(${target} PRIVATE
                -Wno-error=array-bounds -Wno-error=maybe-uninitialized -Wno-error=restrict
                -Wno-error=stringop-overflow -Wno-error=stringop-overread
                $<$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,13>:-Wno-error=dangling-reference>)
        endif()
    endif()
    if(MEMDATA_SANITIZE)
        target_compile_options(${target} PRIVATE
            -fsanitize=${MEMDATA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
        # Whoever links the library must link the sanitiser's run-time library too.
        target_link_options(${target} PUBLIC -fsanitize=${MEMDATA_SANITIZE})
    endif()
endfunction()
