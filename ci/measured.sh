# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Sourced by ci/run: tables that a stage has measured, kept in docs/measured.

# `measured NAME TITLE COMMAND...`: runs it; when it ends well, what it printed becomes
# docs/measured/NAME.md, with the commit and the machine it was measured on. ci/run sets `asked`.
# shellcheck disable=SC2154
measured() {
    name=$1 title=$2
    shift 2
    mkdir -p build/measured
    said=build/measured/$name
    { status=0; "$@" || status=$?; echo "$status" >"$said.status"; } | tee "$said.txt"
    status=$(cat "$said.status")
    [ "$status" -eq 0 ] || return "$status"
    commit=$(git -c safe.directory='*' rev-parse --short=12 HEAD 2>/dev/null || echo "no commit")
    [ -z "$(git -c safe.directory='*' status --porcelain 2>/dev/null)" ] ||
        commit="$commit, changed"
    {
        printf '# %s\n\nWritten by `%s` on %s, commit %s:\nLinux %s, %s processors.\n\n' \
            "$title" "ci/run $asked" "$(date -u +%Y-%m-%d)" "$commit" \
            "$(uname -r)" "$(nproc)"
        # Text in columns stays as it is; tables become tables.
        if grep -q '^|' "$said.txt"; then
            cat "$said.txt"
        else
            sed 's/^\(.\)/    \1/' "$said.txt"
        fi
    } >"$said.md"
    mv "$said.md" "docs/measured/$name.md"
    say "kept in docs/measured/$name.md"
}
