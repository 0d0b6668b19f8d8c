# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What each stage of ci/run accepts, so that a slip is refused at once and not behind an
# installation and a build. ci/run reads this file: it has die.

no_arguments() {
    stage_name=$1
    shift
    [ $# -eq 0 ] || die 64 "$stage_name takes no argument"
}

# `all_of KIND LIST [WORD...]`: each word stands in the list.
all_of() {
    kind=$1
    known=$2
    shift 2
    for word in "$@"; do
        case " $known " in
        *" $word "*) ;;
        *) die 64 "no $kind '$word'; accepted are: $known" ;;
        esac
    done
}

names_in() {
    for file in "$1"/*"$2"; do
        basename "$file" "$2"
    done
}

# shellcheck disable=SC2046 # one line of words
fuzz_targets() { echo $(names_in fuzz/targets .cpp); }

# `[SECONDS] [TARGET...]`
check_fuzz() {
    case ${1-} in
    *[!0-9]* | '') ;;
    *) shift ;;
    esac
    all_of 'fuzz target (a number of seconds may stand before them)' "$(fuzz_targets)" "$@"
}

check_kernels() {
    releases=$(sed -n 's/^RELEASES = (\(.*\))$/\1/p' ci/kernels | tr -d '",')
    case ${1-} in
    -h | --help | drift) return 0 ;;
    fetch | keep) options='' ;;
    check | deep) options=' --resume' ;;
    *) die 64 "kernels takes fetch, check, deep, keep or drift, then releases" ;;
    esac
    shift
    all_of release "$releases$options --help -h" "$@"
}

# Options pass: the program behind the stage knows them. Their values have no name of a bug.
check_hunt() {
    # shellcheck disable=SC2046 # one line of words
    case " $* " in
    *' -'*) ;;
    *) all_of bug "$(echo $(names_in corpus/cves .prog))" "$@" ;;
    esac
}

check_systems() {
    known=$(sed -n '/"launch"/,/}/s/^    "\([a-z0-9-]*\)": \[.*/\1/p' conformance/subjects/*.json)
    for word in "$@"; do
        case $word in
        cmd:* | *.jsonl) ;;
        *) all_of 'system' "$(echo $known)" "$word" ;;
        esac
    done
}

check_newcomer() {
    rows=$(sed -n 's/^    Row("\([a-z0-9-]*\)".*/\1/p' ci/newcomer)
    all_of row "$(echo --list --again --only check test --help $rows)" "$@"
}

check_build() {
    [ $# -le 1 ] || die 64 "build takes one preset"
    presets=$(sed -n 's/^ *{"name": "\([^"]*\)", "configurePreset".*/\1/p' CMakePresets.json)
    all_of preset "$(echo $presets)" "$@"
}

# `check_arguments STAGE [ARGUMENT...]`
check_arguments() {
    [ $# -gt 0 ] || return 0
    jobs >/dev/null
    case $1 in
    test)
        case ${2--} in
        -*) ;;
        *) die 64 "test $2: arguments of ctest are accepted, for example -R NAME" ;;
        esac
        ;;
    fuzz | afl)
        shift
        check_fuzz "$@"
        ;;
    minimize)
        shift
        all_of 'fuzz target' "$(fuzz_targets)" "$@"
        ;;
    hunt | kernels | systems | newcomer | build)
        checked=$1
        shift
        "check_$checked" "$@"
        ;;
    site | lint | analyze | coverage | nightly | clean | fuzz-coverage) no_arguments "$@" ;;
    esac
}
