#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Tests on several hosts.
#   hosts_test.sh suite TEST_PROGRAM...   ordinary tests on three hosts, both backends
#   hosts_test.sh cut KILL_VICTIM         a host is cut off while a file is saved: the job ends, the old file is whole,
#                                         and the other hosts go on
# MEMDATA_WITH_HOSTS is a command that brings hosts up: `$MEMDATA_WITH_HOSTS 3 -- COMMAND` runs COMMAND on the first of
# the hosts h1, h2 and h3, from which mpirun reaches all of them; they share the folder MEMDATA_TEST_DIR, and there
# `host-link HOST down` cuts HOST off and `host-link HOST up` connects it again. 77: there is no such command.
set -euo pipefail
export LC_ALL=C GTEST_COLOR=no

if [[ -z ${MEMDATA_WITH_HOSTS-} ]]; then
    echo "skipped: MEMDATA_WITH_HOSTS names no command that brings hosts up"
    exit 77
fi
if [[ ${1-} != --inside ]]; then
    read -ra with_hosts <<<"$MEMDATA_WITH_HOSTS"
    exec "${with_hosts[@]}" 3 -- "$0" --inside "$@"
fi
case=$2
shift 2
folder=$MEMDATA_TEST_DIR
rm -rf "$folder"
mkdir -p "$folder"

# The environment does not reach other hosts by itself.
pass_on=()
for variable in MEMDATA_BACKEND MEMDATA_TEST_DIR MEMDATA_TEST_DATA MEMDATA_TEST_WATCHDOG MEMDATA_TEST_BREAK_LOCK \
    GTEST_COLOR ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS; do
    pass_on+=(-x "$variable")
    export "$variable=${!variable-}"
done

fail() {
    echo "hosts_test $case: $*" >&2
    exit 1
}

# Each program with two ranks on each host.
suite() {
    local program log status=0 begin
    for MEMDATA_BACKEND in ompio romio; do
        export MEMDATA_BACKEND
        for program in "$@"; do
            MEMDATA_TEST_DIR=$folder/$(basename "$program").$MEMDATA_BACKEND
            log=$folder/log
            begin=$SECONDS
            if ! timeout -k 5 600 mpirun --map-by node -np 6 "${pass_on[@]}" "$program" >"$log" 2>&1 </dev/null; then
                echo "$(basename "$program"), $MEMDATA_BACKEND, failed on three hosts:" >&2
                cat "$log" >&2
                status=1
                continue
            fi
            echo "$(basename "$program") $MEMDATA_BACKEND: $(grep -E '^\[  PASSED  \]' "$log" || true)" \
                "($((SECONDS - begin)) s)"
            rm -rf "$MEMDATA_TEST_DIR"
        done
    done
    return $status
}

is_alive() {
    local state
    state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 1
    [[ -n $state && $state != Z && $state != X ]]
}

# Starts saving for ever on the hosts $1; the options are those of mpirun.
victim=
launcher=
start() {
    local hosts=$1 begin=$SECONDS attempt
    shift
    # A host that has just been connected may not be reached at once.
    for ((attempt = 0; attempt < 20; ++attempt)); do
        timeout 30 mpirun --host "$hosts" -np 3 --map-by node true >"$folder/log" 2>&1 </dev/null && break
        sleep 1
    done
    rm -f "$folder"/ready "$folder"/pids/*
    mpirun --host "$hosts" "$@" "${pass_on[@]}" "$victim" save "$file" "$folder" >"$folder/log" 2>&1 </dev/null &
    launcher=$!
    until [[ -e $folder/ready ]]; do
        is_alive "$launcher" || fail "on $hosts: $(cat "$folder/log")"
        ((SECONDS - begin < 120)) || fail "no save within 120 s: $(cat "$folder/log")"
        sleep 0.05
    done
}

# Waits up to $1 seconds for mpirun to end.
wait_for_mpirun() {
    local begin=$SECONDS
    while is_alive "$launcher"; do
        ((SECONDS - begin < $1)) || fail "mpirun is there $1 s after $what: $(cat "$folder/log")"
        sleep 0.1
    done
    wait "$launcher" && fail "mpirun says that all is well after $what"
    echo "after $what mpirun ended within $((SECONDS - begin + 1)) s"
}

# Nothing of the job is left on any host (the hosts share their table of processes).
wait_for_ranks() {
    local begin=$SECONDS pid
    for pid in $(cat "$folder"/pids/*); do
        while is_alive "$pid"; do
            ((SECONDS - begin < $1)) || fail "a rank is there $1 s after $what"
            sleep 0.1
        done
    done
}

# The file is whole, and the next save on the hosts $1 succeeds and leaves nothing else.
check() {
    timeout 120 mpirun --host "$1" "${pass_on[@]}" "$victim" check "$file" "$folder" >"$folder/check" 2>&1 </dev/null
}

cut() {
    victim=$1
    file=$folder/data/victim.h5
    # Open MPI notices a host that is silent by TCP's keepalive: by default after 300 + 9 * 20 s.
    local soon=(--mca oob_tcp_keepalive_time 5 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3) round
    mkdir -p "$folder/pids" "$folder/data"
    for MEMDATA_BACKEND in ompio romio; do
        export MEMDATA_BACKEND
        for ((round = 0; round < ${MEMDATA_TEST_CUTS:-3}; ++round)); do
            what="cutting off a host ($MEMDATA_BACKEND, round $round)"
            start h1:2,h2:2,h3:2 "${soon[@]}"
            sleep "0.$((RANDOM % 1000))"
            host-link h3 down
            wait_for_mpirun 60
            wait_for_ranks 60
            check h1:2,h2:2 || fail "after $what: $(cat "$folder/check")"
            host-link h3 up
        done

        # Rank 0, which holds the lock, was on that host. (The ranks there are gone, but nobody elsewhere can know.)
        what="cutting off the host of rank 0 ($MEMDATA_BACKEND)"
        for ((round = 0; round < 20; ++round)); do
            start h3:2,h2:2 --map-by node "${soon[@]}"
            sleep "0.$((RANDOM % 1000))"
            host-link h3 down
            wait_for_mpirun 60
            wait_for_ranks 60
            [[ ! -e $folder/data/.victim.h5.lock ]] || break
            host-link h3 up # it was between two saves
        done
        [[ -e $folder/data/.victim.h5.lock ]] || fail "no lock was left in $round rounds"
        grep -q '"host":"h3"' "$folder/data/.victim.h5.lock" || fail "rank 0 was not on h3"
        check h1:2,h2:2 && fail "the lock of another host was taken over unasked"
        grep -q "is being written by host h3, pid [0-9]*, since .* save with break_lock, or remove '.*\.victim.h5.lock'" \
            "$folder/check" || fail "the message does not say who holds the lock, or what to do: $(cat "$folder/check")"
        export MEMDATA_TEST_BREAK_LOCK=1
        check h1:2,h2:2 || fail "with break_lock after $what: $(cat "$folder/check")"
        export MEMDATA_TEST_BREAK_LOCK=
        host-link h3 up

        # The watchdog ends the ranks, on the host that was cut off, too, whatever Open MPI notices. mpirun itself stays
        # until TCP gives up (a quarter of an hour): a batch system ends it, here a signal does.
        what="cutting off a host, with a watchdog ($MEMDATA_BACKEND)"
        MEMDATA_TEST_WATCHDOG=5
        export MEMDATA_TEST_WATCHDOG
        start h1:2,h2:2,h3:2
        host-link h3 down
        wait_for_ranks 60
        grep -q "ends the job: the watchdog's limit is 5.0 s" "$folder/log" || fail "no word of the watchdog"
        kill -KILL "$launcher" 2>/dev/null || true
        wait "$launcher" 2>/dev/null || true
        MEMDATA_TEST_WATCHDOG=
        check h1:2,h2:2 || fail "after $what: $(cat "$folder/check")"
        host-link h3 up
        echo "after $what all ranks ended"
    done
}

case $case in
suite) suite "$@" ;;
cut) cut "$@" ;;
*) fail "no such case" ;;
esac
rm -rf "$folder"
