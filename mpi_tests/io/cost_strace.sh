#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
#
# cost_strace.sh PROGRAM MPIEXEC...
# What the program counts of its calls to the file system is what strace sees. 77: strace does not work here.

set -euo pipefail
program=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
strace -o "$folder/probe" -e trace=openat true 2>/dev/null || {
    echo "skipped: strace is missing, or may not trace (containers often forbid it)"
    exit 77
}

# A process each: strace is told to follow threads, and names the file behind each descriptor.
cat >"$folder/traced.sh" <<'TRACED'
#!/bin/sh
exec strace -f -y -s 4 -e trace=open,openat,creat,read,readv,pread64,preadv,preadv2,write,writev,pwrite64,pwritev,pwritev2 \
    -o "$MEMDATA_STRACE_LOG.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" "$@"
TRACED
chmod +x "$folder/traced.sh"
export MEMDATA_STRACE_FILE=$folder/traced_cost.h5 MEMDATA_STRACE_LOG=$folder/log
"$@" "$folder/traced.sh" "$program" --gtest_filter=Cost.counts_for_strace >"$folder/out"

status=0
ranks=0
while read -r _ _ rank counts; do
    log=$folder/log.$rank
    number() { grep -cE "$1" "$log" || true; }
    data='\.?traced_cost\.h5'
    seen="open $(number "^[0-9]+ +(open|openat|creat)\(.*/$data\"")"
    seen+=" lock $(number "^[0-9]+ +(open|openat|creat)\(.*/\.traced_cost\.h5\.lock(\.[^\"]*)?\"")"
    seen+=" read $(number "^[0-9]+ +(read|readv|pread64|preadv|preadv2)\([0-9]+<[^>]*/$data>")"
    seen+=" write $(number "^[0-9]+ +(write|writev|pwrite64|pwritev|pwritev2)\([0-9]+<[^>]*/$data>")"
    echo "rank $rank: the program counted $counts, strace saw $seen"
    [[ $seen == "$counts" ]] || status=1
    ranks=$((ranks + 1))
done < <(grep '^counted rank' "$folder/out")
((ranks > 0)) || status=1
exit "$status"
