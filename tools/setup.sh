# shellcheck shell=bash
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
#
# What examples/run.sh and mpi_tests/run.sh share: options, packages, configure, build, mpirun.
# To be sourced, not run.

# ---- packages (Debian and Ubuntu names), the one place where they are listed ----------------------
MEMDATA_PACKAGES_BUILD=(
    ca-certificates cmake g++ ninja-build pkg-config
    openmpi-bin libopenmpi-dev libhdf5-openmpi-dev
    libboost-mpi-dev libboost-serialization-dev nlohmann-json3-dev libfmt-dev libxxhash-dev
)
MEMDATA_PACKAGES_EXAMPLES=(libcli11-dev libpng-dev)
MEMDATA_PACKAGES_TESTS=(libgtest-dev libgmock-dev)
# FFTW is compared with in bench_redistribute.
MEMDATA_PACKAGES_BENCH=(libfftw3-dev libfftw3-mpi-dev)
# Without these some tests are skipped, with a notice; without liblzf there is no filter LZF.
MEMDATA_PACKAGES_OPTIONAL=(python3-h5py python3-numpy hdf5-tools libxtensor-dev libeigen3-dev liblzf-dev)

MEMDATA_SOURCE_DIR=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
MEMDATA_PRESET=release
MEMDATA_JOBS=
MEMDATA_FRESH=0
MEMDATA_PACKAGES=1
MEMDATA_REST=() # arguments that are not ours

say() { printf '%s\n' "$*"; }
section() { printf '\n== %s\n' "$*"; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

memdata_options_help() {
    cat <<'HELP'
  --preset NAME   release (default), debug or asan; the build folder is build/NAME
  --jobs N        jobs at a time (default: the number of cores, fewer when memory is short)
  --fresh         remove the build folder first
  --no-packages   do not look for missing packages (for software installed in another way)
  --help          this text
HELP
}

# Reads the common options from the arguments; the others are left in MEMDATA_REST.
# The caller defines usage().
memdata_parse_options() {
    while (($# > 0)); do
        case $1 in
            --help | -h) usage && exit 0 ;;
            --preset) [[ $# -ge 2 ]] || die "--preset needs a name" && MEMDATA_PRESET=$2 && shift ;;
            --preset=*) MEMDATA_PRESET=${1#*=} ;;
            --jobs | -j) [[ $# -ge 2 ]] || die "--jobs needs a number" && MEMDATA_JOBS=$2 && shift ;;
            --jobs=*) MEMDATA_JOBS=${1#*=} ;;
            -j[0-9]*) MEMDATA_JOBS=${1#-j} ;;
            --fresh) MEMDATA_FRESH=1 ;;
            --no-packages) MEMDATA_PACKAGES=0 ;;
            *) MEMDATA_REST+=("$1") ;;
        esac
        shift
    done
    case $MEMDATA_PRESET in
        release | debug | asan) ;;
        *) die "unknown preset '$MEMDATA_PRESET' (release, debug or asan)" ;;
    esac
    [[ -z $MEMDATA_JOBS || $MEMDATA_JOBS =~ ^[1-9][0-9]*$ ]] || die "--jobs: '$MEMDATA_JOBS' is not a number"
    MEMDATA_BUILD_DIR=$MEMDATA_SOURCE_DIR/build/$MEMDATA_PRESET
    # shellcheck disable=SC2034 # used by the scripts that source this one
    MEMDATA_BIN_DIR=$MEMDATA_BUILD_DIR/bin
    memdata_prepare_process
    memdata_prepare_build_dir
    memdata_choose_jobs
}

# No core files; a short TMPDIR, because Open MPI puts sockets there whose paths are limited.
memdata_prepare_process() {
    ulimit -c 0 || true
    if [[ -z ${TMPDIR:-} || ${#TMPDIR} -gt 40 || ! -w $TMPDIR ]]; then export TMPDIR=/tmp; fi
    export LC_ALL=C.UTF-8
}

memdata_not_writable() {
    local owner
    owner=$(stat -c %U "$1" 2>/dev/null || say unknown)
    die "$1 cannot be written by $(id -un) (its owner is $owner).
Remove the build folder as that user, make it yours
    sudo chown -R $(id -un) '$MEMDATA_SOURCE_DIR/build'
or run the script in a clone of your own."
}

memdata_prepare_build_dir() {
    local dir=$MEMDATA_BUILD_DIR bad
    local parent=$dir
    while [[ ! -e $parent ]]; do parent=$(dirname "$parent"); done
    [[ -d $parent ]] || die "$parent is in the way of the build folder: it is not a folder"
    [[ -w $parent && -x $parent ]] || memdata_not_writable "$parent"
    if [[ -d $dir ]]; then
        # One run as root leaves files that later runs as another user cannot replace.
        bad=$(find "$dir" -maxdepth 2 ! -type l ! -writable -print -quit 2>/dev/null || true)
        [[ -z $bad ]] || memdata_not_writable "$bad"
        if ((MEMDATA_FRESH)); then
            rm -rf "$dir" || memdata_not_writable "$dir"
        fi
    fi
    mkdir -p "$dir" || memdata_not_writable "$parent"
}

# As many jobs as cores, but 1.5 GiB of free memory for each.
memdata_choose_jobs() {
    [[ -z $MEMDATA_JOBS ]] || return 0
    local cores kib limit
    cores=$(nproc 2>/dev/null || say 1)
    kib=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null || true)
    [[ $kib =~ ^[0-9]+$ ]] || kib=$((cores * 1572864))
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || true)
    if [[ $limit =~ ^[0-9]+$ ]] && ((limit / 1024 < kib)); then kib=$((limit / 1024)); fi
    MEMDATA_JOBS=$((kib / 1572864))
    if ((MEMDATA_JOBS > cores)); then MEMDATA_JOBS=$cores; fi
    if ((MEMDATA_JOBS < 1)); then MEMDATA_JOBS=1; fi
}

# ---- packages -------------------------------------------------------------------------------------
memdata_missing_of() {
    local package status
    for package in "$@"; do
        status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        [[ $status == installed ]] || say "$package"
    done
}

# memdata_ensure_packages examples|tests|bench
memdata_ensure_packages() {
    ((MEMDATA_PACKAGES)) || return 0
    local needed=("${MEMDATA_PACKAGES_BUILD[@]}" "${MEMDATA_PACKAGES_EXAMPLES[@]}") optional=()
    if [[ $1 == tests ]]; then
        needed+=("${MEMDATA_PACKAGES_TESTS[@]}")
        optional=("${MEMDATA_PACKAGES_OPTIONAL[@]}")
    elif [[ $1 == bench ]]; then
        needed+=("${MEMDATA_PACKAGES_BENCH[@]}")
    fi
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        if ! command -v cmake >/dev/null || ! command -v mpirun >/dev/null; then
            say "This is not a Debian-like system. What is needed, by Debian's names:"
            say "  ${needed[*]} ${optional[*]}"
        fi
        return 0
    fi

    local missing missing_optional
    mapfile -t missing < <(memdata_missing_of "${needed[@]}")
    mapfile -t missing_optional < <(memdata_missing_of "${optional[@]}")
    ((${#missing[@]} + ${#missing_optional[@]} > 0)) || return 0

    local wanted=("${missing[@]}" "${missing_optional[@]}")
    if [[ $(id -u) -ne 0 ]]; then
        local command="sudo apt-get install -y --no-install-recommends"
        if ((${#missing[@]} > 0)); then
            {
                say "These packages are missing:"
                printf '    %s\n' "${missing[@]}"
                say "Install them (as root), then run this script again:"
                say "    $command ${wanted[*]}"
                say "(--no-packages goes on without them, for software installed in another way.)"
            } >&2
            exit 1
        fi
        say "NOTICE: some tests are skipped without: ${missing_optional[*]}"
        say "        $command ${missing_optional[*]}"
        return 0
    fi

    local log=$MEMDATA_SOURCE_DIR/build/packages.log
    say "installing packages: ${wanted[*]} (log: $log)"
    if ! { apt-get update &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${wanted[@]}"; } \
        </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "apt-get failed; the whole log is $log"
    fi
}

# ---- configure and build --------------------------------------------------------------------------
# What a configured folder depends on and CMake does not notice by itself.
memdata_toolchain() {
    say "$MEMDATA_SOURCE_DIR"
    "${CXX:-c++}" --version 2>/dev/null | head -n 1 || true
    cmake --version | head -n 1
    say "${CC:-} ${CXX:-} ${CFLAGS:-} ${CXXFLAGS:-} ${LDFLAGS:-}"
}

memdata_cache_value() {
    sed -n "s/^$1:[A-Z]*=//p" "$MEMDATA_BUILD_DIR/CMakeCache.txt" 2>/dev/null || true
}

# Why the build folder cannot be used as it is; nothing when it can, or when it is new.
memdata_stale_reason() {
    [[ -e $MEMDATA_BUILD_DIR/CMakeCache.txt ]] || return 0
    if [[ $(memdata_cache_value CMAKE_HOME_DIRECTORY) != "$MEMDATA_SOURCE_DIR" ]]; then
        say "it belongs to another source folder"
    elif [[ $(cat "$MEMDATA_BUILD_DIR/toolchain.txt" 2>/dev/null) != "$(memdata_toolchain)" ]]; then
        say "the compiler or cmake is another one, or the last configuring did not end"
    fi
}

# memdata_configure [-D...]
memdata_configure() {
    command -v cmake >/dev/null || die "cmake is missing"
    local version
    version=$(cmake --version | sed -n 's/^cmake version \([0-9]*\.[0-9]*\).*/\1/p')
    if [[ $(printf '3.25\n%s\n' "$version" | sort -V | head -n 1) != 3.25 ]]; then
        die "cmake 3.25 or newer is needed (Debian 12 and Ubuntu 24.04 have it); found $version"
    fi

    local dir=$MEMDATA_BUILD_DIR log=$MEMDATA_BUILD_DIR/configure.log reason first=() ninja=()
    if command -v ninja >/dev/null; then ninja=(-G Ninja); fi
    reason=$(memdata_stale_reason)
    if [[ -n $reason ]]; then
        say "configuring build/$MEMDATA_PRESET afresh: $reason"
        first=(--fresh "${ninja[@]}")
    elif [[ ! -e $dir/CMakeCache.txt ]]; then
        first=("${ninja[@]}")
    fi
    local leftover=0
    if [[ -z $reason && -e $dir/CMakeFiles ]]; then leftover=1; fi

    local run=(cmake --preset "$MEMDATA_PRESET" -S "$MEMDATA_SOURCE_DIR" "$@")
    rm -f "$dir/toolchain.txt"
    if ! (cd "$MEMDATA_SOURCE_DIR" && "${run[@]}" "${first[@]}") </dev/null >"$log" 2>&1; then
        # What an earlier run left in the folder may be the reason.
        if ((leftover)); then
            say "configuring failed; once more, afresh"
        fi
        if ((!leftover)) ||
            ! (cd "$MEMDATA_SOURCE_DIR" && "${run[@]}" --fresh "${ninja[@]}") \
                </dev/null >"$log" 2>&1; then
            grep -A 12 'CMake Error' "$log" | head -n 40 >&2 || tail -n 20 "$log" >&2
            die "configuring failed; the whole log is $log"
        fi
    fi
    memdata_toolchain >"$dir/toolchain.txt"
}

# Shows the progress of ninja ("[3/20] ..") or make ("[ 15%] ..") at every quarter.
memdata_progress() {
    awk -v start="$SECONDS" '
        function show(percent) {
            while (percent >= next_mark) { mark = next_mark; next_mark += 25 }
            if (mark > shown) { printf " %d%%", mark; fflush(); shown = mark }
        }
        BEGIN { next_mark = 25; shown = 0 }
        match($0, /^\[[0-9]+\/[0-9]+\]/) {
            split(substr($0, 2, RLENGTH - 2), n, "/"); show(100 * n[1] / n[2]); next
        }
        match($0, /^\[ *[0-9]+%\]/) { show(substr($0, 2, RLENGTH - 3) + 0) }'
}

# memdata_build [targets...]
memdata_build() {
    local log=$MEMDATA_BUILD_DIR/build.log start=$SECONDS targets=()
    (($# == 0)) || targets=(--target "$@")
    printf 'building build/%s with %s jobs:' "$MEMDATA_PRESET" "$MEMDATA_JOBS"
    if ! cmake --build "$MEMDATA_BUILD_DIR" --parallel "$MEMDATA_JOBS" "${targets[@]}" \
        </dev/null 2>&1 | tee "$log" | memdata_progress; then
        printf ' failed\n'
        {
            grep -nE 'error:|Error [0-9]+|FAILED:|undefined reference|CMake Error' "$log" | head -n 20 || true
            say "---- end of the log ----"
            tail -n 30 "$log"
        } >&2
        die "building failed; the whole log is $log"
    fi
    printf ' done (%d s)\n' $((SECONDS - start))
}

# ---- running --------------------------------------------------------------------------------------
# mpirun_cmd RANKS PROGRAM [arguments...]: more ranks than cores are fine, and so is root.
mpirun_cmd() {
    local ranks=$1 flags=()
    shift
    local mpirun
    mpirun=$(memdata_cache_value MPIEXEC_EXECUTABLE)
    [[ -x $mpirun ]] || mpirun=mpirun
    if "$mpirun" --version 2>&1 | grep -qE 'Open ?MPI|OpenRTE|PRR?TE'; then
        flags=(--oversubscribe --bind-to none)
    fi
    local run=(
        env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
        PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
        "$mpirun" "${flags[@]}" -n "$ranks" "$@"
    )
    if [[ -t 0 ]]; then "${run[@]}"; else "${run[@]}" </dev/null; fi
}
