#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What clang-format-14 and shellcheck object to. C of the probe and of BPF is in the kernel's manner
# and is left as it is.
#
# usage: ci/format.sh [--fix]     --fix: clang-format writes
# Exit status: 0 nothing, 1 something, 4 neither program is installed, or this is no git work tree.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C

git() { command git -c safe.directory='*' "$@"; }
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || {
    echo "skipped: this is no git work tree"
    exit 4
}
ours() {
    git ls-files '*.cpp' '*.h' |
        grep -v -e '^conformance/probe/' -e '_record\.h$' -e '/kernel_types\.h$' \
            -e '/task_number\.h$'
}
scripts() {
    git ls-files '*.sh'
    git grep -lE '^#!.*(/| )(sh|bash|dash)$' -- ':!*.sh' ':!corpus' ':!*.py' ':!*.md'
}

status=0 looked=no
if command -v clang-format-14 >/dev/null; then
    looked=yes
    if [ "${1-}" = --fix ]; then
        ours | xargs clang-format-14 -i
    else
        ours | xargs clang-format-14 --dry-run -Werror || status=1
    fi
else
    echo "clang-format-14 ... skipped 'clang-format-14 is not installed (ci/run deps lint)'"
fi
if command -v shellcheck >/dev/null; then
    looked=yes
    # -x: what a script sources is looked at as well. 2120: a stage may get no argument.
    scripts | xargs shellcheck -x -S warning -e SC2120 || status=1
else
    echo "shellcheck ... skipped 'shellcheck is not installed (ci/run deps lint)'"
fi
[ $looked = yes ] || exit 4
exit $status
