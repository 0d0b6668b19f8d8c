#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The committed seeds are those that make_seeds writes, and they meet every rule that can be met.

usage: seeds_test.py MAKE_SEEDS DESCRIBE SEEDS
"""

import pathlib
import subprocess
import sys
import tempfile


def files(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.glob("*_fuzzer/*"))}


# What no case meets, see model/rules.def: no proto of the tree refuses its hash, and SCTP has no
# entry of another type.
OUT_OF_REACH = {"prot_hash", "sctp_type"}


def unmet_rules(describe: str, seeds: pathlib.Path) -> set[str]:
    inputs = sorted(map(str, (seeds / "create_fuzzer").iterdir()))
    said = subprocess.run([describe, "reach", "create_fuzzer", *inputs], check=True,
                          capture_output=True, text=True).stdout
    met = {line.split()[1] for line in said.splitlines() if line.startswith("rule ")}
    count = int(said.splitlines()[-2].split()[3].rstrip(","))
    rules = said.splitlines()[-1].split()[1:1 + count - len(met)]
    return set(rules)


def main() -> int:
    tool, describe, committed = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as fresh:
        subprocess.run([tool, committed.parent, fresh], check=True)
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
    unmet = unmet_rules(describe, committed)
    if unmet != OUT_OF_REACH:
        print(f"rules without a seed: {sorted(unmet - OUT_OF_REACH)}; met although said to be out "
              f"of reach: {sorted(OUT_OF_REACH - unmet)}")
    return 1 if wrong or unmet != OUT_OF_REACH else 0


if __name__ == "__main__":
    sys.exit(main())
