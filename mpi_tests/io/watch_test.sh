#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# The progress bar on a terminal, and the watchdog.
#   watch_test.sh CASE SLOW_SAVE MPIRUN...      (MEMDATA_TEST_DIR: scratch folder; MPIRUN... starts 3 ranks)
set -euo pipefail

case=$1
slow_save=$2
shift 2
mpirun=("$@")
folder=$MEMDATA_TEST_DIR
rm -rf "$folder"
mkdir -p "$folder"
file=$folder/slow.h5
log=$folder/log
export TERM=xterm

fail() {
    echo "watch_test $case: $*" >&2
    sed 's/^/  | /' "$log" >&2
    exit 1
}

on_terminal() { timeout 60 script -qec "$*" "$log" >"$folder/screen" </dev/null || fail "the program failed"; }
has_bar() { tr '\r' '\n' <"$log" | grep -q "save slow.h5: data /second \[=* *\]  50 % of 1.0 MiB"; }
# All ranks but those given have said where they are.
everybody_reports() {
    local phase=$1 rank
    shift
    for rank in 0 1 2; do
        case " $* " in *" $rank "*) continue ;; esac
        grep -Eq "^memdata: rank $rank \(host [^ ]+, process [0-9]+\) has been in phase '$phase' of save '$file'" "$log" ||
            fail "rank $rank does not report"
    done
}
# The job of the given arguments fails within some seconds, and leaves no process.
job_ends() {
    local begin=$SECONDS
    if timeout 60 "${mpirun[@]}" "$slow_save" "$file" "$@" >"$log" 2>&1 </dev/null; then
        fail "mpirun says that all is well"
    fi
    [ $((SECONDS - begin)) -le 15 ] || fail "it took $((SECONDS - begin)) s"
    [ ! -e "$file" ] || fail "there is a file"
    pgrep -f "$file" >/dev/null && fail "there are processes left"
    timeout 60 "${mpirun[@]}" "$slow_save" "$file" 0 >"$folder/next" 2>&1 </dev/null || fail "the next save fails"
}

case $case in
bar)
    on_terminal "${mpirun[@]}" "$slow_save" "$file" 2
    has_bar || fail "no bar through mpirun"
    grep -q "save '.*slow.h5': 1.0 MiB on 3 ranks" "$log" || fail "no statistics"
    on_terminal "$slow_save" "$file" 2
    has_bar || fail "no bar without mpirun"
    ;;
no_bar)
    on_terminal "${mpirun[@]}" "$slow_save" "$file" 2 bar=off
    has_bar && fail "a bar in spite of the option"
    on_terminal env MEMDATA_PROGRESS=0 "$slow_save" "$file" 2
    has_bar && fail "a bar in spite of MEMDATA_PROGRESS=0"
    on_terminal "${mpirun[@]}" "$slow_save" "$file" 0
    grep -q "save slow.h5:" "$log" && fail "a bar for a short transfer"
    timeout 60 "${mpirun[@]}" "$slow_save" "$file" 2 >"$log" 2>&1 </dev/null || fail "the program failed"
    has_bar && fail "a bar without a terminal"
    ;;
stall)
    timeout 60 "${mpirun[@]}" "$slow_save" "$file" 2.5 watchdog=0.5 >"$log" 2>&1 </dev/null || fail "the program failed"
    everybody_reports data
    grep -q "rank 0 .* dataset '/second', for" "$log" || fail "no dataset"
    [ "$(grep -c "rank 1 .* has been in phase 'data'" "$log")" -ge 3 ] || fail "no line every half second"
    timeout 60 "${mpirun[@]}" "$slow_save" "$file" 0 watchdog=30 >"$log" 2>&1 </dev/null || fail "the program failed"
    grep -q "has been in phase" "$log" && fail "a report without a stall"
    ;;
abort)
    job_ends 60 watchdog=0.5 abort
    everybody_reports data
    ;;
stopped)
    job_ends 0 watchdog=0.5 abort stop=1
    everybody_reports checking 1
    ;;
*)
    fail "no such case"
    ;;
esac
rm -rf "$folder"
