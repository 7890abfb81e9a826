#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds and runs the benchmarks on 2 and 4 ranks.

set -euo pipefail
# shellcheck source=tools/setup.sh
source "$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tools/setup.sh"

usage() {
    cat <<'HELP'
usage: bench/run.sh [options] [io] [redistribute] [elementwise] [options of the benchmark]

Prints JSON lines on stdout, one a result; tables and what the build says go to stderr. Without a name
all benchmarks run; --quick makes each take about a minute. Options for one benchmark: see
build/<preset>/bin/bench_<name> --help.

    bench/run.sh --quick redistribute > results.jsonl
    bench/plot_redistribute.py results.jsonl > redistribution.svg

HELP
    memdata_options_help
}

memdata_parse_options "$@"
benchmarks=()
arguments=()
for argument in "${MEMDATA_REST[@]}"; do
    case $argument in
        io | redistribute | elementwise) benchmarks+=("$argument") ;;
        *) arguments+=("$argument") ;;
    esac
done
((${#benchmarks[@]} > 0)) || benchmarks=(elementwise redistribute io)
{
    memdata_ensure_packages bench
    memdata_configure -DMEMDATA_BUILD_BENCH=ON
    memdata_build "${benchmarks[@]/#/bench_}"
} >&2
cd "$MEMDATA_BUILD_DIR"
for benchmark in "${benchmarks[@]}"; do
    backends=(any)
    [[ $benchmark != io ]] || backends=(ompio romio)
    for backend in "${backends[@]}"; do
        [[ $backend == any ]] || export MEMDATA_BACKEND=$backend
        for ranks in 2 4; do
            mpirun_cmd "$ranks" "$MEMDATA_BIN_DIR/bench_$benchmark" "${arguments[@]}"
        done
    done
done
