#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds and runs the benchmarks, with all numbers of ranks and all backends that the figures need.

set -euo pipefail
# shellcheck source=tools/setup.sh
source "$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tools/setup.sh"

usage() {
    cat <<'HELP'
usage: bench/run.sh [options] [io] [cost] [redistribute] [elementwise] [options of the benchmark]

Prints JSON lines on stdout, one a result; tables and what the build says go to stderr. Without a name
all benchmarks run. bench/plot draws the figures of the documentation from the lines:

    bench/run.sh > results.jsonl
    bench/plot --to docs results.jsonl

  io            save and load against MPI-IO, POSIX and HDF5, with both backends, on the disk of the
                build folder and on /dev/shm where that has room: 2 and 4 ranks; the filtered case on 1,
                too. Sizes 512 and 2048 MiB: some hours, 5 GiB on each file system, 9 GiB of memory.
  cost          calls of save and load to MPI and the file system, with both backends, 1, 2, 4, 8 ranks,
                as they are and as if each were on a host of its own
  redistribute  against memcpy, MPI and FFTW: 2 and 4 ranks
  elementwise   arithmetic: 2 and 4 ranks

  --quick       about a minute for each number of ranks and backend: smaller data, fewer runs
  --np LIST     other numbers of ranks, such as 2,4,8
  --backends LIST   of io and cost: ompio, romio (default: both)

Options for one benchmark, such as --cases and --dirs of io: see build/<preset>/bin/bench_<name> --help.

    bench/run.sh io --quick --np 4 --cases large,tree --dirs /scratch > results.jsonl

HELP
    memdata_options_help
}

benchmarks=()
arguments=()
ranks_wanted=()
backends_wanted=(ompio romio)

# Sorts what is not an option of all scripts into names, options of this script, and the benchmark's.
read_arguments() {
    while (($# > 0)); do
        case $1 in
            io | cost | redistribute | elementwise) benchmarks+=("$1") ;;
            --np=* | --backends=*) read_list "${1%%=*}" "${1#*=}" ;;
            --np | --backends) [[ $# -ge 2 ]] || die "$1 needs a list" && read_list "$1" "$2" && shift ;;
            *) arguments+=("$1") ;;
        esac
        shift
    done
    ((${#benchmarks[@]} > 0)) || benchmarks=(elementwise redistribute io cost)
}

read_list() {
    local item list
    IFS=, read -ra list <<<"$2"
    for item in "${list[@]}"; do
        case $1 in
            --np) [[ $item =~ ^[1-9][0-9]*$ ]] || die "--np: '$item' is not a number of ranks" ;;
            --backends) [[ $item == ompio || $item == romio ]] || die "--backends: '$item' (ompio or romio)" ;;
        esac
    done
    if [[ $1 == --np ]]; then ranks_wanted=("${list[@]}"); else backends_wanted=("${list[@]}"); fi
}

# has_option NAME: does the user give it to the benchmark?
has_option() {
    local argument
    for argument in "${arguments[@]}"; do
        [[ $argument != "$1" && $argument != "$1="* ]] || return 0
    done
    return 1
}

# The build folder's disk, and memory where there is enough of it.
folders_of_io() {
    local enough=$((10 * 1024 * 1024)) room memory # KiB
    if has_option --quick; then enough=$((1024 * 1024)); fi
    room=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1 || true)
    memory=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null || true)
    if [[ -w /dev/shm && $room =~ ^[0-9]+$ && $memory =~ ^[0-9]+$ ]] &&
        ((room >= enough / 2 && memory >= enough)); then
        say "$MEMDATA_BUILD_DIR,/dev/shm"
    else
        say "NOTICE: /dev/shm or the memory is too small: only the disk is measured" >&2
        say "$MEMDATA_BUILD_DIR"
    fi
}

run() { # run RANKS BENCHMARK [arguments...]
    local ranks=$1 benchmark=$2
    shift 2
    say "== bench_$benchmark $* on $ranks ranks ${MEMDATA_BACKEND:-}" >&2
    mpirun_cmd "$ranks" "$MEMDATA_BIN_DIR/bench_$benchmark" "$@"
}

run_io() {
    local ranks dirs=()
    has_option --dirs || dirs=(--dirs "$(folders_of_io)")
    local all=("${ranks_wanted[@]}")
    if ((${#all[@]} == 0)); then
        all=(2 4)
        has_option --cases || run 1 io "${arguments[@]}" "${dirs[@]}" --cases filtered
    fi
    for ranks in "${all[@]}"; do
        run "$ranks" io "${arguments[@]}" "${dirs[@]}"
    done
}

run_cost() {
    local ranks all=("${ranks_wanted[@]}")
    ((${#all[@]} > 0)) || all=(1 2 4 8)
    for ranks in "${all[@]}"; do
        run "$ranks" cost "${arguments[@]}"
        ((ranks == 1)) || has_option --apart || run "$ranks" cost "${arguments[@]}" --apart
    done
}

run_other() {
    local ranks all=("${ranks_wanted[@]}")
    ((${#all[@]} > 0)) || all=(2 4)
    for ranks in "${all[@]}"; do
        run "$ranks" "$1" "${arguments[@]}"
    done
}

memdata_parse_options "$@"
read_arguments "${MEMDATA_REST[@]}"
{
    memdata_ensure_packages bench
    memdata_configure -DMEMDATA_BUILD_BENCH=ON
    memdata_build "${benchmarks[@]/#/bench_}"
} >&2
cd "$MEMDATA_BUILD_DIR"
for benchmark in "${benchmarks[@]}"; do
    case $benchmark in
        io | cost)
            for backend in "${backends_wanted[@]}"; do
                export MEMDATA_BACKEND=$backend
                "run_$benchmark"
            done
            unset MEMDATA_BACKEND
            ;;
        *) run_other "$benchmark" ;;
    esac
done
