# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The fuzzing stages of ci/run, which reads this file: it has say, die, run, build_preset and the
# rest. What is learnt and found stays in build/fuzz (see fuzz/campaign/campaign.py).

campaign() { quiet_aslr python3 -B fuzz/campaign/campaign.py "$@"; }

# `fuzz [SECONDS] [TARGET...]`: each target that long, under libFuzzer.
stage_fuzz() {
    stage_deps test
    need_reference
    build_preset libfuzzer
    campaign libfuzzer build/libfuzzer "$@"
}

# The same under AFL++: a main instance with CMPLOG and a secondary with sanitizers.
stage_afl() {
    stage_deps fuzz
    need_reference
    for preset in afl afl-cmplog afl-asan; do
        build_preset "$preset"
    done
    campaign afl build/afl build/afl-cmplog build/afl-asan "$@"
}

stage_minimize() {
    stage_deps test
    need_reference
    build_preset libfuzzer
    campaign minimize build/libfuzzer "$@"
}

# What seeds and learnt inputs reach: rules, behaviours, lines and branches, and a page to look at.
stage_fuzz_coverage() {
    stage_deps test
    need_reference
    build_preset fuzz-coverage
    rm -rf build/fuzz-coverage/profile
    set --
    while read -r name _ _ binary; do
        case $name in canary_fuzzer | empty_fuzzer) continue ;; esac
        set -- "$@" -object "$binary"
        corpus=''
        for folder in "corpus/seeds/$name" "corpus/regressions/$name" "build/fuzz/corpus/$name"; do
            ls "$folder"/*.prog >/dev/null 2>&1 && continue     # text; the seeds have them
            [ ! -d "$folder" ] || corpus="$corpus $folder"
        done
        # shellcheck disable=SC2086 # a list of folders
        run env LLVM_PROFILE_FILE="build/fuzz-coverage/profile/$name.profraw" \
            "$binary" $corpus >&2 || say "$name ended with $?"
        case $name in create_fuzzer | program_fuzzer)
            # shellcheck disable=SC2046,SC2086
            run build/fuzz-coverage/fuzz/describe reach "$name" $(find $corpus -type f | sort)
            ;;
        esac
    done <build/fuzz-coverage/fuzz/targets.txt
    run llvm-profdata-14 merge -sparse -o build/fuzz-coverage/all.profdata \
        build/fuzz-coverage/profile
    run llvm-cov-14 report "$@" -instr-profile build/fuzz-coverage/all.profdata \
        -ignore-filename-regex '/(fuzz|c\+\+)/'
    run llvm-cov-14 show "$@" -instr-profile build/fuzz-coverage/all.profdata -format=html \
        -show-branches=count -output-dir build/fuzz-coverage/html \
        -ignore-filename-regex '/(fuzz|c\+\+)/' >&2
    say "the page: build/fuzz-coverage/html/index.html"
}

# The published bugs of corpus/cves, each from an empty corpus.
stage_hunt() {
    stage_deps fuzz
    need_reference
    build_preset libfuzzer
    build_preset afl
    if [ $# -eq 0 ]; then
        measured hunt "Published bugs, from an empty corpus" \
            quiet_aslr python3 -B ci/hunt.py build/libfuzzer --afl-build build/afl
    else
        quiet_aslr python3 -B ci/hunt.py build/libfuzzer --afl-build build/afl "$@"
    fi
}

# Wrong models: how many do tests, recordings and fuzzers notice?
stage_mutants() {
    stage_deps fuzz
    need_reference
    case $* in
    '') measured mutants "Wrong models" run python3 -B ci/mutants.py ;;
    --tables) measured mutants-tables "Wrong tables" run python3 -B ci/mutants.py --tables ;;
    *) run python3 -B ci/mutants.py "$@" ;;
    esac
}
