#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""AFL++ finds the canary, and its report is complete: canary_afl_test.py SOURCE BUILD."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

MODEL = ["case", "program_text", "kernel_name", "release", "strace", "symbols", "verdict",
         "contexts", "vendor", "world_facts"]


def main() -> int:
    source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    if shutil.which("afl-clang-fast++") is None or shutil.which("afl-fuzz") is None:
        print("no AFL++: skipped")
        return 4
    sys.path.insert(0, str(source / "fuzz/campaign"))
    import campaign
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        binary = work / "canary_fuzzer"
        env = {**os.environ, "AFL_QUIET": "1"}
        # Printing a program needs the model's names and no kernel: small, so quickly built.
        stub = work / "stub.cpp"
        stub.write_text('#include "model/program.h"\n'
                        "std::string_view sockoracle::op_word(Op) { return {}; }\n")
        subprocess.run(
            ["afl-clang-fast++", "-std=c++20", "-O0", "-fsanitize=fuzzer", f"-I{source}",
             f"-I{build}", str(source / "fuzz/targets/canary_fuzzer.cpp"),
             str(source / "fuzz/oracles/finding.cpp"), str(stub),
             *[str(source / f"model/{name}.cpp") for name in MODEL], "-o", str(binary)],
            check=True, env=env, stdout=subprocess.DEVNULL)
        (work / "in").mkdir()
        (work / "in/nearly").write_bytes(b"twee!")
        campaign.run_afl(["-i", str(work / "in"), "-o", str(work / "out"), "-V", "20",
                          "-s", "1", "-M", "main"], [str(binary)], {"AFL_BENCH_UNTIL_CRASH": "1"},
                         work / "log")
        crashes = campaign.afl_crashes(work / "out")
        if not crashes:
            print("AFL++ did not find the canary in 20 s; it said:")
            print((work / "log").read_text(errors="replace")[-2000:])
            return 1
        finding = campaign.examine([str(binary)], crashes[0])
        print(f"{len(crashes)} crashes; {finding.name} under rule {finding.rule}")
        if (finding.name, finding.rule) != ("canary", "created"):
            print(finding.output)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
