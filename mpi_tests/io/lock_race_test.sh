#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Several MPI jobs save the same name at once, or find the same stale lock at once: one wins, the others are told who.
#   lock_race_test.sh JOBS ROUNDS LOCK_RACE_JOB MPIRUN...      (MEMDATA_TEST_DIR: scratch folder)
set -euo pipefail

jobs=$1
rounds=$2
program=$3
shift 3
folder=$MEMDATA_TEST_DIR
rm -rf "$folder"
mkdir -p "$folder"
truncate -s 4096 "$folder/meeting"

launchers=()
for ((job = 0; job < jobs; ++job)); do
    timeout 1200 "$@" "$program" "$folder" "$jobs" "$job" "$rounds" >"$folder/log.$job" 2>&1 </dev/null &
    launchers+=($!)
done
status=0
for ((job = 0; job < jobs; ++job)); do
    if ! wait "${launchers[job]}"; then
        echo "job $job failed:" >&2
        cat "$folder/log.$job" >&2
        status=1
    fi
done
((status == 0)) || exit "$status"
echo "$rounds rounds of $jobs jobs: one winner each, or nobody where another host has the lock"
rm -rf "$folder"
