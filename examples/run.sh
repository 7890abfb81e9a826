#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds the example programs and runs them: a simulation, its analysis, and files written by caput.

set -euo pipefail
# shellcheck source=tools/setup.sh
source "$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tools/setup.sh"

usage() {
    cat <<'HELP'
usage: examples/run.sh [options]

Installs missing packages (as root on Debian and Ubuntu; else it lists them), configures, builds and
runs the examples. What they write is in build/<preset>/examples-output.

HELP
    memdata_options_help
}

memdata_parse_options "$@"
((${#MEMDATA_REST[@]} == 0)) || die "unknown option '${MEMDATA_REST[0]}' (--help explains)"
memdata_ensure_packages examples
# Tests and benchmarks need more packages. A good folder where they are on already is left so.
options=(-DMEMDATA_BUILD_EXAMPLES=ON)
if [[ -n $(memdata_stale_reason) || $(memdata_cache_value MEMDATA_BUILD_TESTS) != ON ]]; then
    options+=(-DMEMDATA_BUILD_TESTS=OFF -DMEMDATA_BUILD_BENCH=OFF)
fi
memdata_configure "${options[@]}"
memdata_build memdata_examples

output=$MEMDATA_BUILD_DIR/examples-output
mkdir -p "$output"

section "01_simulate: heat diffusion on 4 ranks"
mpirun_cmd 4 "$MEMDATA_BIN_DIR/01_simulate" "$output/heat.h5"

section "02_analyse: the same file on 3 ranks, distributed over the other axis"
mpirun_cmd 3 "$MEMDATA_BIN_DIR/02_analyse" "$output/heat.h5" "$output/heat.png"

for name in container.h5 dist_axes.h5 chunked_dist.h5; do
    section "03_open_caput_file: $name, written by caput, on 2 ranks"
    mpirun_cmd 2 "$MEMDATA_BIN_DIR/03_open_caput_file" \
        "$MEMDATA_SOURCE_DIR/mpi_tests/data/caput/$name" "$output/$name"
done

section "The tree of heat.h5"
mpirun_cmd 2 "$MEMDATA_BIN_DIR/03_open_caput_file" "$output/heat.h5"

section "Done"
say "picture of the temperature: $output/heat.png"
say "file of the simulation:     $output/heat.h5"
