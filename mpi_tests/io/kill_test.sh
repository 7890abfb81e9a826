#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# SIGKILL of all ranks at random moments of a save: under the final name there must be a complete file, the old or
# the new one, and the next save must succeed. The next victim finds that out before it saves on.
#   kill_test.sh KILLS save|update VICTIM MPIRUN...      (MEMDATA_TEST_DIR: scratch folder)
set -euo pipefail

kills=$1
how=$2
victim=$3
shift 3
mpirun=("$@")
folder=$MEMDATA_TEST_DIR
rm -rf "$folder"
mkdir -p "$folder/pids"
file=$folder/victim.h5
old=0
new=0

fail() {
    echo "kill_test: $*" >&2
    ls -la "$folder" >&2
    exit 1
}

for ((i = 1; i <= kills; ++i)); do
    rm -f "$folder"/pids/*
    "${mpirun[@]}" "$victim" "$how" "$file" "$folder/pids" >"$folder/victim.log" 2>&1 </dev/null &
    launcher=$!
    for ((wait = 0; wait < 600; ++wait)); do
        [ -e "$folder/pids/ready" ] && break
        kill -0 "$launcher" 2>/dev/null || fail "kill $((i - 1)) left a wrong file, or the next save failed: $(cat "$folder/victim.log")"
        sleep 0.05
    done
    [ -e "$folder/pids/ready" ] || fail "no save within 30 s"
    sleep "0.$(printf '%03d' $((RANDOM % 400)))"
    pids=$(cat "$folder"/pids/[0-9]*)
    # shellcheck disable=SC2086 # one word a pid
    kill -KILL $pids
    wait "$launcher" && fail "mpirun says that all is well"
    for pid in $pids; do # a process that is flushing dies only when the disk lets it
        for ((wait = 0; wait < 200; ++wait)); do
            [ -e "/proc/$pid" ] || break
            sleep 0.05
        done
    done
    if [ -e "$folder/.victim.h5.lock" ]; then new=$((new + 1)); else old=$((old + 1)); fi
done
timeout 60 "${mpirun[@]}" "$victim" check "$file" >"$folder/check.log" 2>&1 </dev/null ||
    fail "the last kill left a wrong file, or the next save failed: $(cat "$folder/check.log")"
echo "$kills kills: $new in the middle of a save, $old between two; every file was whole, every next save succeeded"
rm -rf "$folder"
