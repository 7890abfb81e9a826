#!/usr/bin/env bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause

# Runs the test program with real small disks, in a mount namespace of its own, which takes them along when it ends.
#   full_disk_test.sh STEPS TEST_FULL_DISK MPIRUN...      (MEMDATA_TEST_DIR: scratch folder; 77: nothing can be mounted)
set -euo pipefail

if [[ ${1-} != --inside ]]; then
    # As root, or, where users may make namespaces, as root in one.
    for how in "--mount" "--user --map-root-user --mount"; do
        # shellcheck disable=SC2086 # the options
        if unshare $how --propagation private -- mount -t tmpfs none /mnt 2>/dev/null; then
            exec unshare $how --propagation private -- "$0" --inside "$@"
        fi
    done
    echo "skipped: nothing can be mounted here, neither as this user nor in a namespace"
    exit 77
fi

export MEMDATA_TEST_STEPS=$2
program=$3
shift 3
folder=$MEMDATA_TEST_DIR.disks # not in the scratch folder, which the program empties
rm -rf "$folder"
mkdir -p "$folder"
disks=
quotas=

add_disk() { disks+=${disks:+:}$1; }

mkdir "$folder/tmpfs" "$folder/read_only"
mount -t tmpfs -o size=24m none "$folder/tmpfs"
add_disk "$folder/tmpfs"
mount --bind "$folder/read_only" "$folder/read_only"

# file_system NAME MIB MKFS...: a file as a disk, which takes a real root
file_system() {
    local name=$1 size=$2
    shift 2
    if ! type "$1" >/dev/null 2>&1; then
        echo "not tried: $name ($1 is missing)"
        return 1
    fi
    truncate -s "${size}M" "$folder/$name.image"
    "$@" "$folder/$name.image" >/dev/null 2>&1
    mkdir "$folder/$name"
    if ! mount -o loop "$folder/$name.image" "$folder/$name" 2>/dev/null; then
        echo "not tried: $name (a file cannot be mounted as a disk)"
        return 1
    fi
}
PATH=$PATH:/usr/sbin:/sbin
if file_system ext4 32 mkfs.ext4 -q -m 0; then add_disk "$folder/ext4"; fi
if ((MEMDATA_TEST_STEPS > 20)); then # these are large
    if file_system xfs 320 mkfs.xfs -q; then add_disk "$folder/xfs"; fi
    if file_system btrfs 128 mkfs.btrfs -q; then
        if btrfs quota enable "$folder/btrfs" && btrfs subvolume create "$folder/btrfs/few" >/dev/null &&
            btrfs qgroup limit 5M "$folder/btrfs/few"; then
            quotas=$folder/btrfs/few
        else
            echo "not tried: a quota (btrfs refuses)"
        fi
    fi
fi

export MEMDATA_TEST_DISKS=$disks MEMDATA_TEST_QUOTAS=$quotas MEMDATA_TEST_READ_ONLY=$folder/read_only
status=0
"$@" "$program" || status=$?
umount "$folder"/*/ 2>/dev/null || true
rm -rf --one-file-system "$folder" || true
exit "$status"
