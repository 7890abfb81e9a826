#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# SIGKILL of one rank, of all ranks, of mpirun, at random moments of saves, updates and loads: everything of the job
# ends soon; under the final name there is a complete file, the old or the new one; the next save succeeds, and leaves
# nothing beside the file. The next victim finds that out before it goes on.
#   kill_test.sh KILLS VICTIM MPIRUN...      (MEMDATA_TEST_DIR: scratch folder; MEMDATA_TEST_SEED: of the moments)
set -euo pipefail
export LC_ALL=C

kills=$1
victim=$2
shift 2
mpirun=("$@")
folder=$MEMDATA_TEST_DIR
seed=${MEMDATA_TEST_SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$seed
limit=60 # seconds for a job to end
patience=600 # and to start, on a machine that has much to do
rm -rf "$folder"
mkdir -p "$folder/pids" "$folder/data" "$folder/tmp"
file=$folder/data/victim.h5
# What Open MPI itself leaves behind when mpirun is killed goes with the folder.
export TMPDIR=$folder/tmp OMPI_MCA_orte_tmpdir_base=$folder/tmp PRTE_MCA_prte_tmpdir_base=$folder/tmp
export OMPI_MCA_btl_vader_backing_directory=$folder/tmp OMPI_MCA_osc_sm_backing_directory=$folder/tmp
launcher=
pids=
declare -A phases slowest count

end_all() {
    # shellcheck disable=SC2086 # one word a pid
    kill -KILL $launcher $pids 2>/dev/null || true
}
trap end_all EXIT

fail() {
    echo "kill_test (MEMDATA_TEST_SEED=$seed): $*" >&2
    ls -laR "$folder/data" >&2
    exit 1
}

# A process that nobody has waited for has ended, too.
is_alive() {
    local state
    state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 1
    [[ -n $state && $state != Z && $state != X ]]
}

# All of the job have ended; sets `milliseconds`.
wait_for_the_end() {
    local begin=$EPOCHREALTIME pid
    for pid in $launcher $pids; do
        while is_alive "$pid"; do
            ((${EPOCHREALTIME%.*} - ${begin%.*} < limit)) || return 1
            sleep 0.01
        done
    done
    milliseconds=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
}

who_of=(one all mpirun)
how_of=(save update load)
for ((i = 1; i <= kills; ++i)); do
    who=${who_of[i % 3]}
    how=${how_of[i / 3 % 3]}
    rm -f "$folder"/pids/* "$folder/ready"
    "${mpirun[@]}" "$victim" "$how" "$file" "$folder" >"$folder/victim.log" 2>&1 </dev/null &
    launcher=$!
    pids=
    begin=$SECONDS
    until [[ -e $folder/ready ]]; do
        is_alive "$launcher" ||
            fail "kill $((i - 1)) left something wrong, or the next save failed: $(cat "$folder/victim.log")"
        ((SECONDS - begin < patience)) || fail "no save within $patience s: $(cat "$folder/victim.log")"
        sleep 0.02
    done
    read -ra ranks <<<"$(cat "$folder"/pids/* | tr '\n' ' ')"
    pids="${ranks[*]}"
    sleep "0.$(printf '%03d' $((RANDOM % 250)))"
    case $who in
    one) kill -KILL "${ranks[RANDOM % ${#ranks[@]}]}" ;;
    all) kill -KILL "${ranks[@]}" ;;
    mpirun) kill -KILL "$launcher" ;;
    esac
    wait_for_the_end || fail "$limit s after the kill of $who during $how these are alive: $(ps -o pid,stat,wchan:20,args \
        -p "${launcher} ${pids}" | cat)"
    wait "$launcher" 2>/dev/null && fail "mpirun says that all is well"
    launcher=
    pids=
    read -r _ phase <"$folder/state" || true
    phases[$phase]=$((${phases[$phase]:-0} + 1))
    count[$who]=$((${count[$who]:-0} + 1))
    ((milliseconds <= ${slowest[$who]:-0})) || slowest[$who]=$milliseconds
    rm -rf "$folder"/tmp/*
done
timeout "$patience" "${mpirun[@]}" "$victim" check "$file" "$folder" >"$folder/check.log" 2>&1 </dev/null ||
    fail "the last kill left something wrong, or the next save failed: $(cat "$folder/check.log")"
echo "$kills kills (seed $seed): every job ended, every file was whole, every next save succeeded"
for who in "${!count[@]}"; do echo "  of $who: ${count[$who]}; all had ended after ${slowest[$who]} ms at most"; done
for phase in "${!phases[@]}"; do echo "  in $phase: ${phases[$phase]}"; done | sort
rm -rf "$folder"
