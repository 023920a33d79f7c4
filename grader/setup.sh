#!/usr/bin/env bash
# Installs what grader/packages.txt lists, with apt. Says what and why; does nothing the second time.
set -euo pipefail
cd "$(dirname "$0")"
list=packages.txt

say() { printf 'setup: %s\n' "$*"; }
fail() {
    say "$*" >&2
    exit 1
}

# Prints each package that is not installed, one a line.
missing_packages() {
    local installed
    installed=" $(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null |
        awk '$2 == "installed" { printf "%s ", $1 }') "
    local package
    while read -r package; do
        package=$(known_name "$package")
        [[ $installed == *" $package "* ]] || printf '%s\n' "$package"
    done < <(awk -F'|' '!/^#/ && NF == 4 { gsub(/ /, "", $1); print $1 }' "$list")
}

# ThreadSanitizer's runtime has an unversioned package only where llvm-defaults is new enough;
# elsewhere its name carries clang's version.
known_name() {
    if [[ $1 != libclang-rt-dev ]] || has_candidate "$1"; then
        printf '%s' "$1"
        return
    fi
    local version
    version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p')
    printf 'libclang-rt%s-dev' "${version:+-$version}"
}

# Whether a package is installed or apt could install it.
has_candidate() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]] && return
    apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'
}

purpose() {
    awk -F'|' -v wanted="$1" '
        !/^#/ && NF == 4 { name = $1; gsub(/ /, "", name) }
        name == wanted || (wanted ~ /^libclang-rt-/ && name == "libclang-rt-dev") {
            sub(/^ */, "", $4); print $4; exit
        }' "$list"
}

tell_plan() {
    say "installing with apt:"
    local package
    for package in "$@"; do
        printf '  %-20s %s\n' "$package" "$(purpose "$package")"
    done
}

# Sets `become` to what makes us root.
find_root() {
    become=()
    ((EUID == 0)) && return
    command -v sudo >/dev/null ||
        fail "this needs root, and there is no sudo. As root, run: apt-get install --no-install-recommends $*"
    become=(sudo)
}

apt_install() {
    "${become[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --quiet --no-install-recommends "$@"
}

explain_failure() {
    local package unknown=()
    for package in "$@"; do
        has_candidate "$package" || unknown+=("$package")
    done
    if ((${#unknown[@]})); then
        fail "apt knows no package named: ${unknown[*]}. Debian 12 and Ubuntu 24.04 (with its" \
            "'universe') have them; elsewhere install what they stand for: see grader/$list."
    fi
    fail "apt could not install: $*. Its own words above say why. Without a network, install" \
        "them from a local mirror, then run 'make setup' again."
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    fail "this is not a Debian or Ubuntu system: install what grader/$list names in your" \
        "system's own way; 'make doctor' says what is still missing."
fi

mapfile -t missing < <(missing_packages)
if ((${#missing[@]} == 0)); then
    say "all is installed."
    exit 0
fi
find_root "${missing[@]}"
if [[ -z $(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null) ]]; then
    say "apt has no lists of packages yet: fetching them."
    "${become[@]}" apt-get update --quiet || say "apt-get update failed; trying without it." >&2
    mapfile -t missing < <(missing_packages)
fi
tell_plan "${missing[@]}"
if ! apt_install "${missing[@]}"; then
    say "that failed; fetching apt's lists anew, then once more."
    "${become[@]}" apt-get update --quiet || true
    apt_install "${missing[@]}" || explain_failure "${missing[@]}"
fi
mapfile -t missing < <(missing_packages)
((${#missing[@]} == 0)) || explain_failure "${missing[@]}"
say "done. 'make doctor' shows whether everything works here."
