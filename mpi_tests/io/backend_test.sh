#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Who chooses the MPI-IO backend: the environment, the launcher, Open MPI. Each case is a job of its own.
#   backend_test.sh BACKEND_CASES MPIRUN...      (MEMDATA_TEST_DIR: scratch folder; MPIRUN... starts 2 ranks)
set -euo pipefail

program=$1
shift
mpirun=("$@")
folder=$MEMDATA_TEST_DIR
rm -rf "$folder"
mkdir -p "$folder"
unset MEMDATA_BACKEND OMPI_MCA_io

# expect TEXT [VARIABLE=VALUE...] [-- option of mpirun...]: both ranks say so.
expect() {
    local text=$1 variables=() options=()
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        variables+=("$1")
        shift
    done
    [ $# -eq 0 ] || options=("${@:2}")
    timeout 60 env "${variables[@]}" "${mpirun[@]}" "${options[@]}" "$program" "$folder/x.h5" >"$folder/log" 2>&1 \
        </dev/null || { cat "$folder/log" >&2; echo "backend_test: '$text': the program failed" >&2; exit 1; }
    for rank in 0 1; do
        grep -q "^rank $rank: \($text\)" "$folder/log" ||
            { cat "$folder/log" >&2; echo "backend_test: rank $rank does not say '$text'" >&2; exit 1; }
    done
    if grep -q "it became" "$folder/log"; then
        cat "$folder/log" >&2
        exit 1
    fi
}

expect "romio[0-9]* (chosen by MEMDATA_BACKEND)" MEMDATA_BACKEND=romio
romio=$(sed -n 's/^rank 0: \(romio[0-9]*\).*/\1/p' "$folder/log")
expect "ompio (default[;)]"
expect "ompio (chosen by MEMDATA_BACKEND[;)]" MEMDATA_BACKEND=ompio
expect "$romio (chosen by MEMDATA_BACKEND)" "MEMDATA_BACKEND=$romio"
expect "ompio (default[;)]" MEMDATA_BACKEND=
expect "BackendError: there is no MPI-IO backend 'lustre': this MPI has ompio, $romio" MEMDATA_BACKEND=lustre
expect "BackendError: there is no MPI-IO backend 'ompio,$romio'" "MEMDATA_BACKEND=ompio,$romio"
expect "$romio (chosen by MEMDATA_BACKEND)" MEMDATA_BACKEND=romio OMPI_MCA_io=ompio # before the launcher
expect "$romio (chosen by launcher)" "OMPI_MCA_io=$romio"
expect "$romio (chosen by launcher)" -- --mca io "$romio"
expect "$romio (chosen by launcher)" -- --mca io '^ompio'
expect "ompio (chosen by launcher[;)]" -- --mca io "$romio,ompio"
expect "$romio (default)" -- --mca "io_${romio}_priority" 90
# A rank that used it alone before does not wait for the others, nor they for it.
expect "ompio (default[;)]" MEMDATA_TEST_ALONE=1
# A user who insists on what corrupts files is told.
expect "BackendError: ompio of this Open MPI .*fbtl_posix_write_datasieving is not 0\|BackendError: fs_ufs_lock_algorithm=1" \
    OMPI_MCA_fbtl_posix_write_datasieving=1 OMPI_MCA_fs_ufs_lock_algorithm=1
expect "$romio (chosen by MEMDATA_BACKEND)" OMPI_MCA_fbtl_posix_write_datasieving=1 MEMDATA_BACKEND=romio
rm -rf "$folder"
