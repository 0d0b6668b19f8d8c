#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The committed seeds are those that make_seeds writes: seeds_test.py MAKE_SEEDS SEEDS."""

import pathlib
import subprocess
import sys
import tempfile


def files(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.glob("*_fuzzer/*"))}


def main() -> int:
    tool, committed = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as fresh:
        subprocess.run([tool, committed / "logs", fresh], check=True)
        wanted, there = files(pathlib.Path(fresh)), files(committed)
    if len(wanted) < 100:
        print(f"only {len(wanted)} seeds were written")
        return 1
    wrong = [name for name in sorted(wanted.keys() | there.keys())
             if wanted.get(name) != there.get(name)]
    for name in wrong[:10]:
        what = "is missing" if name not in there else (
            "is not written any more" if name not in wanted else "differs")
        print(f"corpus/seeds/{name} {what}")
    if wrong:
        print(f"{len(wrong)} of {len(wanted)} seeds; write them anew with the target update_seeds, "
              "and delete what is not written any more")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
