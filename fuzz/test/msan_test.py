#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""MSan sees what sk_prot_alloc clears: msan_test.py SOURCE BUILD.

Builds the model and program_fuzzer under MSan and runs the seeds: clean. Then builds a copy of
model/sock.cpp in which fresh socks are not cleared, and runs them again: MSan must object.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

FLAGS = ["-std=c++20", "-O1", "-gline-tables-only", "-fsanitize=memory"]
# What observes sockets from outside is not linked: nothing here asks for it but ask().
FUZZ = ["oracles/boots", "oracles/bugs", "oracles/facts", "oracles/finding", "oracles/oracles",
        "oracles/program_oracles", "oracles/round_trips", "oracles/settings",
        "targets/replay_main", "targets/create_fuzzer", "targets/program_fuzzer"]
# The statement that clears: all of a slab's object but the nulls pointer.
CLEARS = re.compile(r"^ *std::memset\(bytes.*$", re.MULTILINE)


def compile_one(clang: str, source: pathlib.Path, includes: list[str], out: pathlib.Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([clang, *FLAGS, *includes, "-c", str(source), "-o", str(out)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def link(clang: str, objects: list[pathlib.Path], out: pathlib.Path) -> None:
    subprocess.run([clang, *FLAGS, *map(str, objects), "-o", str(out)], check=True)


def main() -> int:
    source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    clang = shutil.which("clang++-14")
    if clang is None:
        print("no clang++-14: skipped")
        return 4
    work = build / "msan"
    includes = [f"-I{source}", f"-I{build}"]
    model = sorted((source / "model").glob("*.cpp"))
    objects = {path.stem: work / f"model_{path.stem}.o" for path in model}
    jobs = [(path, objects[path.stem]) for path in model]
    jobs += [(source / "fuzz" / f"{name}.cpp", work / f"{name}.o") for name in FUZZ]
    original = (source / "model/sock.cpp").read_text()
    mutant, count = CLEARS.subn("    (void)size;", original)
    if count != 1:
        print(f"model/sock.cpp has {count} statements that clear; this test looks for them")
        return 1
    (work / "mutant").mkdir(parents=True, exist_ok=True)
    (work / "mutant/sock.cpp").write_text(mutant)
    jobs.append((work / "mutant/sock.cpp", work / "mutant/sock.o"))
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done in [pool.submit(compile_one, clang, path, includes, out) for path, out in jobs]:
            done.result()
    shared = [work / f"{name}.o" for name in FUZZ if not name.endswith("_fuzzer")]
    failed = 0
    for target in ("create_fuzzer", "program_fuzzer"):
        seeds = source / "corpus/seeds" / target
        for kind in ("clean", "mutant"):
            mine = dict(objects)
            if kind == "mutant":
                mine["sock"] = work / "mutant/sock.o"
            binary = work / f"{target}-{kind}"
            link(clang, [*mine.values(), *shared, work / f"targets/{target}.o"], binary)
            done = subprocess.run([binary, seeds], capture_output=True, text=True)
            objected = "MemorySanitizer: use-of-uninitialized-value" in done.stderr
            ok = objected if kind == "mutant" else done.returncode == 0
            print(f"{target} {kind}: {'objected' if objected else 'silent'}, "
                  f"status {done.returncode}: {'ok' if ok else 'WRONG'}")
            if not ok:
                print(done.stderr[-2000:])
            failed += not ok
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
