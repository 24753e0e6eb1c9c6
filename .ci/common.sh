# shellcheck shell=bash
# What quickstart, tests/run and .ci/run share. Sourced, never run.
#
# packages_need     install what is missing of a list, or say why not
# quietly           run something; show what it printed only if it fails
# suite_build       build with tests
# suite_run         run them
# suite_tally       add their verdicts to passed, failed, skipped
# tally             the closing line

# What fqrun itself is built from, and what its tests call besides.
# shellcheck disable=SC2034 # used by those who source this
build_packages=(gcc libc6-dev meson ninja-build pkg-config libinih-dev libcsv-dev zlib1g-dev libjansson-dev
    libxxhash-dev)
# shellcheck disable=SC2034
test_packages=(libcriterion-dev bash dash make procps spin seqkit seqkit-examples fastqc multiqc)

# --- packages ------------------------------------------------------------------

packages_missing() {
    local package
    for package; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            printf '%s\n' "$package"
    done
}

# Whether the lists that apt has know every one of the packages.
packages_known() {
    local package
    for package; do
        [[ $(LC_ALL=C apt-cache policy "$package" 2>/dev/null) == *'Candidate: '[^\(]* ]] || return 1
    done
}

packages_refuse() { # WHY PACKAGE...
    printf '%s: %s. These packages are needed:\n' "${0##*/}" "$1" >&2
    shift
    printf '  %s\n' "$*" >&2
    printf 'Nothing was changed. Install them, or what they are called here, and start %s again.\n' \
        "${0##*/}" >&2
    return 1
}

# Installs what is missing, all of it in one call of apt-get (which fetches
# everything before it unpacks anything), so that it is all or nothing.
packages_need() { # PACKAGE...
    local missing=() as_root=()
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        packages_refuse 'there is no apt-get on this system' "$@"
        printf 'By hand:  meson setup build && ninja -C build\n' >&2
        return 1
    fi
    mapfile -t missing < <(packages_missing "$@")
    ((${#missing[@]})) || return 0
    if ((EUID)); then
        command -v sudo >/dev/null || {
            packages_refuse 'packages are missing, and this is neither root nor is there sudo' "${missing[@]}"
            return 1
        }
        as_root=(sudo)
    fi
    printf 'Installing %s\n' "${missing[*]}"
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y
        -o DPkg::Lock::Timeout=300 --no-install-recommends install "${missing[@]}")
    # Lists that are absent or so old that what they name is gone: fetch them, and once more.
    if packages_known "${missing[@]}"; then
        "${install[@]}" >/dev/null 2>&1 </dev/null && return 0
    fi
    quietly 'apt-get update' "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update || return 1
    packages_known "${missing[@]}" || {
        packages_refuse 'this system does not offer all of what is needed' "${missing[@]}"
        return 1
    }
    quietly 'apt-get install' "${install[@]}" </dev/null
}

# --- running things ---------------------------------------------------------------

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

quietly() { # WHAT COMMAND...
    local what=$1 status=0 log
    shift
    log=$(mktemp -p "$logs")
    "$@" >"$log" 2>&1 || status=$?
    if ((status)); then
        cat "$log" >&2
        printf '%s: %s failed (exit status %d)\n' "${0##*/}" "$what" "$status" >&2
    fi
    rm -f "$log"
    return "$status"
}

# --- suites of tests ----------------------------------------------------------------

passed=0 failed=0 skipped=0

suite_build() { # FOLDER MESON_OPTION...
    local folder=$1
    shift
    if [[ -f $folder/build.ninja ]]; then
        quietly "meson configure $folder" meson configure "$folder" -Dtests=enabled "$@" || return 1
    else
        quietly "meson setup $folder" meson setup "$folder" -Dtests=enabled "$@" || return 1
    fi
    quietly "the build in $folder" ninja -C "$folder"
}

# One JSON object a line; a quote inside what a test printed is written \", so
# this pattern stands for nothing but the verdict.
suite_count() { # FOLDER WORD...
    local IFS='|'
    grep -cE "\"result\": \"(${*:2})\"" "$1/meson-logs/testlog.json" || true
}

suite_tally() { # FOLDER: adds to passed, failed, skipped; without a log, one failed
    if [[ ! -f $1/meson-logs/testlog.json ]]; then
        failed=$((failed + 1))
        return
    fi
    passed=$((passed + $(suite_count "$1" OK EXPECTEDFAIL)))
    skipped=$((skipped + $(suite_count "$1" SKIP IGNORED)))
    failed=$((failed + $(suite_count "$1" FAIL TIMEOUT ERROR INTERRUPT UNEXPECTEDPASS)))
}

suite_run() { # FOLDER MESON_TEST_OPTION...
    local folder=$1 status=0
    shift
    rm -f "$folder/meson-logs/testlog.json"
    meson test -C "$folder" --no-rebuild --print-errorlogs "$@" || status=$?
    suite_tally "$folder"
    return "$status"
}

tally() {
    local skips=
    ((skipped)) && skips=", $skipped skipped"
    printf '%d passed, %d failed%s\n' "$passed" "$failed" "$skips"
}
