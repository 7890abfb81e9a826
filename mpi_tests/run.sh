#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
#
# Builds the tests and runs them under ctest; the exit status is ctest's.

set -euo pipefail
# shellcheck source=tools/setup.sh
source "$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/tools/setup.sh"

usage() {
    cat <<'HELP'
usage: mpi_tests/run.sh [options] [ctest arguments]

Installs missing packages (as root on Debian and Ubuntu; else it lists them), configures, builds and
runs every test at several numbers of ranks and on both MPI-IO backends.

HELP
    memdata_options_help
    cat <<'HELP'

  --all           the tests labelled "large" (12 GiB of memory, 5 GiB of disk) and "nightly" too: an hour or two

Everything else goes to ctest, for instance
  -R save         only the tests whose names match
  -L io           only one layer: support layering base mpi array tree io examples
  -N              only list the tests
  --repeat until-fail:10
HELP
}

memdata_parse_options "$@"
arguments=()
exclude=(-LE "^(large|nightly)$")
benchmarks=OFF # they have no tests: built, to see that they can be
for argument in "${MEMDATA_REST[@]}"; do
    if [[ $argument == --all ]]; then exclude=() benchmarks=ON; else arguments+=("$argument"); fi
done
memdata_ensure_packages tests
memdata_configure -DMEMDATA_BUILD_TESTS=ON -DMEMDATA_BUILD_EXAMPLES=ON "-DMEMDATA_BUILD_BENCH=$benchmarks"
memdata_build all

exec ctest --test-dir "$MEMDATA_BUILD_DIR" --output-on-failure --no-tests=error \
    --parallel "$((4 * MEMDATA_JOBS))" "${exclude[@]}" "${arguments[@]}" </dev/null
