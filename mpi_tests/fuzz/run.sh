#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds the fuzzers (clang++) and runs them, each for so many seconds.
#   mpi_tests/fuzz/run.sh [seconds] [ctest arguments, such as -R fuzz.json]

set -euo pipefail
cd -P "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=180
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
fi
cmake --preset fuzz -DMEMDATA_FUZZ_SECONDS="$seconds"
targets=$(sed -n 's/.*IN ITEMS \(paths.*\))/\1/p' mpi_tests/fuzz/CMakeLists.txt)
# shellcheck disable=SC2086,SC2046
cmake --build build/fuzz --target write_corpus $(printf 'fuzz_%s ' $targets)
status=0
ctest --test-dir build/fuzz -R '^fuzz\.' -V --parallel "$((4 * $(nproc)))" "$@" >build/fuzz/fuzz.log </dev/null || status=$?
grep -E 'Test +#|stat::number_of_executed_units|SUMMARY|Test unit written|tests passed' build/fuzz/fuzz.log || true
exit "$status"
