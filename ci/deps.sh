# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Packages, for ci/run, which reads this file: it has say, die and run.

# Lists the rows of a group: `packages GROUP required|optional`. A row is a package, or several with
# | between them: the first that the distribution has.
packages() {
    awk -v group="$1" -v want="$2" '
        /^#/ || NF < 2 { next }
        {
            kind = ($3 == "optional") ? "optional" : "required"
            count = split($2, groups, ",")
            for (i = 1; i <= count; i++)
                if (groups[i] == group && kind == want)
                    print $1
        }' ci/packages.txt
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

has_candidate() {
    apt-cache policy "$1" 2>/dev/null | grep -q '^ *Candidate: [^(]'
}

apt() { run env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >&2; }

alternatives() { echo "$1" | tr '|' ' '; }
in_words() { echo "$1" | sed 's/|/ or /g'; }

# Whether one of a row is there, and none before it could be.
is_satisfied() {
    for choice in $(alternatives "$1"); do
        ! is_installed "$choice" || return 0
        [ "$1" = "$choice" ] || [ "$(id -u)" -ne 0 ] || ! has_candidate "$choice" || return 1
    done
    return 1
}

# The first package of a row that can be had, else the first.
choose() {
    for choice in $(alternatives "$1"); do
        if is_installed "$choice" || has_candidate "$choice"; then
            echo "$choice"
            return 0
        fi
    done
    echo "${1%%|*}"
}

# Sets `required` and `optional` to what is missing of the groups.
missing_rows() {
    required=''
    optional=''
    for group in "$@"; do
        for row in $(packages "$group" required); do
            is_satisfied "$row" || required="$required $row"
        done
        for row in $(packages "$group" optional); do
            is_satisfied "$row" || optional="$optional $row"
        done
    done
}

deps_group() {
    missing_rows "$@"
    [ -n "$required$optional" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        [ -z "$required" ] || die 69 "missing packages; as root: apt-get install$(
            for row in $required $optional; do printf ' %s\n' "$(choose "$row")"; done |
                awk '!said[$0]++ { printf "%s", $0 }')"
        say "not installed, will be left out:$(in_words "$optional")"
        return 0
    fi
    apt update
    install=''
    for row in $required; do
        install="$install $(choose "$row")"
    done
    for row in $optional; do
        package=$(choose "$row")
        if has_candidate "$package"; then
            install="$install $package"
        else
            say "this distribution has no $(in_words "$row"): what needs it is left out"
        fi
    done
    [ -n "$install" ] || return 0
    # shellcheck disable=SC2086 # a list of package names
    apt install -y --no-install-recommends $install
}

# Sets `groups` to the groups of packages.txt behind a name that `deps` takes.
groups_of() {
    case $1 in
    build) groups='build' ;;
    test) groups='build test' ;;
    vm) groups='build vm' ;;
    analyze) groups='build test analyze' ;;
    lint) groups=lint ;;
    fuzz) groups='build test fuzz' ;;
    site) groups='build site browser' ;;
    formats) groups='build test site browser formats' ;;
    systems) groups='build systems' ;;
    services) groups='build systems services' ;;
    newcomer) groups='newcomer' ;;
    *)
        die 64 "deps $1: groups are build, test, vm, analyze, fuzz, site, formats, lint, systems," \
            "services, newcomer"
        ;;
    esac
}

stage_deps() {
    size=no
    if [ "${1-}" = --size ]; then
        size=yes
        shift
    fi
    [ $# -le 1 ] || die 64 "deps takes one group, and --size before it"
    groups_of "${1-test}"
    if [ $size = yes ]; then
        # shellcheck disable=SC2086 # a list of groups
        deps_size $groups
        return
    fi
    if ! command -v dpkg-query >/dev/null; then
        # shellcheck disable=SC2046 # one line of words
        say "no dpkg here: make sure that this is installed: $(echo $(
            for group in $groups; do packages "$group" required; done))"
        return 0
    fi
    # shellcheck disable=SC2086 # a list of groups
    deps_group $groups
}

# --- sizes --------------------------------------------------------------------------------------

# Names of all packages that come with these where nothing but Debian's smallest system and git is
# installed; nothing is downloaded.
closure() {
    apt-get -s -q -o Dir::State::status=/dev/null --no-install-recommends install '?essential' \
        apt git ca-certificates "$@" | awk '$1 == "Inst" { print $2 }' | sort
}

# Their number, the bytes to download and the kilobytes installed.
weigh() {
    # shellcheck disable=SC2046 # a list of package names
    [ $# -gt 0 ] && apt-cache show --no-all-versions "$@" | awk '
        $1 == "Package:" { count++ }
        $1 == "Size:" { download += $2 }
        $1 == "Installed-Size:" { installed += $2 }
        END {
            printf "%d packages, %.0f MB to download, %.0f MB installed", count, download / 1e6,
                installed / 1024
        }' || printf 'no package'
}

# What the groups weigh: from a bare system, and what of it is missing here.
deps_size() {
    command -v apt-get >/dev/null || die 69 "no apt-get here: sizes are those of Debian's packages"
    wanted=''
    lacking=''
    for group in "$@"; do
        for row in $(packages "$group" required) $(packages "$group" optional); do
            package=$(choose "$row")
            if has_candidate "$package"; then
                wanted="$wanted $package"
            else
                lacking="$lacking $package"
            fi
        done
    done
    [ -n "$wanted" ] || die 69 "apt knows none of these packages: apt-get update (as root) first"
    base=$(mktemp)
    all=$(mktemp)
    trap 'rm -f "$base" "$all"' EXIT
    closure >"$base"
    # shellcheck disable=SC2086 # a list of package names
    closure $wanted >"$all"
    [ -s "$all" ] || die 69 "apt-get cannot install these together here"
    every=$(comm -13 "$base" "$all")
    here=''
    for package in $every; do
        is_installed "$package" || here="$here $package"
    done
    # shellcheck disable=SC2086 # lists of package names
    echo "Debian, on a bare system with git: $(weigh $every)"
    # shellcheck disable=SC2086
    echo "Debian, not installed here yet: $(weigh $here)"
    [ -z "$lacking" ] || echo "Debian, unknown to this machine's apt:$lacking"
    case " $* " in
    *" browser "*)
        lock=conformance/test/browser/package-lock.json
        echo "npm: $(grep -c '^    "node_modules/' "$lock") packages at most ($lock)," \
            "about 140 MB installed, in build/browser"
        ;;
    esac
}
