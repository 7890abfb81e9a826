#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds and runs the benchmarks on 2 and 4 ranks and both MPI-IO backends.

set -euo pipefail
# shellcheck source=tools/setup.sh
source "$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tools/setup.sh"

usage() {
    cat <<'HELP'
usage: bench/run.sh [options] [options of bench_io]

Prints one JSON line a result. bench_io knows --quick, --mib N, --runs N and a folder to write in
(default: build/<preset>); bench_io --help explains.

HELP
    memdata_options_help
}

memdata_parse_options "$@"
memdata_ensure_packages tests
memdata_configure -DMEMDATA_BUILD_BENCH=ON
memdata_build bench_io
cd "$MEMDATA_BUILD_DIR"
for backend in ompio romio; do
    for ranks in 2 4; do
        MEMDATA_BACKEND=$backend mpirun_cmd "$ranks" "$MEMDATA_BIN_DIR/bench_io" "${MEMDATA_REST[@]}"
    done
done
