#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The programs that `repro` writes: each compiles without a warning, states what the recorded
kernel answered, and, run on such a kernel as root, ends as the recording says.

usage: repro_test.py SOCKORACLE RECORDING [CC]
Exit status: 0 good, 1 wrong, 4 skipped (no C compiler).
"""

import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

import unprivileged

SHIM = pathlib.Path(__file__).resolve().parent / "ltp_shim"
STYLES = ("plain", "kselftest", "ltp")
SKIP_STATUS = {"plain": 4, "kselftest": 4, "ltp": 32}
WARNINGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"]


class Suite:
    def __init__(self, tool: str, compiler: str, folder: pathlib.Path):
        self.tool, self.compiler, self.folder = tool, compiler, folder
        self.wrong, self.programs, self.ran = [], 0, 0

    def program(self, call: str, flags: list, style: str = "plain") -> tuple:
        """The source's text and the compiled program."""
        self.programs += 1
        source = self.folder / f"{self.programs}.c"
        subprocess.run([self.tool, "repro", call, "--style", style, "-o", str(source), *flags],
                       check=True)
        binary = source.with_suffix("")
        subprocess.run([self.compiler, *WARNINGS, f"-I{SHIM}", "-o", str(binary), str(source)],
                       check=True)
        return source.read_text(), binary

    def run(self, binary: pathlib.Path) -> subprocess.CompletedProcess:
        self.ran += 1
        return subprocess.run([str(binary)], text=True, capture_output=True, timeout=60)

    def expect(self, what: str, got, wanted) -> None:
        if got != wanted:
            self.wrong.append(f"{what}: got {got!r}, expected {wanted!r}")


def stated_answer(source: str) -> str:
    text = source.split('expected[] = "', 1)[1].split('"', 1)[0]
    return "success" if text == "a descriptor" else text.removeprefix("-1 ")


def samples(lines: list) -> list:
    """One call for each different answer of AF_INET in each context."""
    seen, calls = set(), []
    for line in lines:
        if "protocol" not in line or line["family"] not in (2, 10):
            continue
        kind = line["type"] if isinstance(line["type"], int) else line["type"][0]
        first = line["protocol"][0]
        protocol = first if isinstance(first, int) else first[0]
        key = (line["world"], line["family"], line["errno"], kind if line["errno"] is None else 0)
        if key in seen or kind > 15:
            continue
        seen.add(key)
        calls.append((line["world"], f"socket({line['family']}, {kind}, {protocol})",
                      line["errno"] or "success"))
    return calls


def check_recording(suite: Suite, path: str) -> None:
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    header = lines[0]
    release = header["release"].split("-")[0]
    world = ["--release", release]
    for name, presence in header["modules"].items():
        world += ["--module", f"{name}={presence}"]
    same = os.geteuid() == 0 and platform.release() == header["release"]
    staged = unprivileged.may_make_namespaces()
    for index, (context, call, recorded) in enumerate(samples(lines)):
        style = STYLES[index % 3]
        source, binary = suite.program(call, [*world, "--as", context], style)
        suite.expect(f"{call} as {context}, stated", stated_answer(source), recorded)
        if not same:
            continue
        done = suite.run(binary)
        if done.returncode == SKIP_STATUS[style] and not staged:
            continue
        suite.expect(f"{call} as {context}, {style}, run: {done.stdout}{done.stderr}",
                     done.returncode, 0)
    if not same:
        print(f"not run: this is no {header['release']}, or the caller is not root")


def check_statuses(suite: Suite) -> None:
    for style in STYLES:
        # SCTP is there or it is not: one of the two programs must find a difference.
        present, absent = [suite.run(suite.program(
            "socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP)",
            ["--module", f"sctp={presence}", "--as", "userns-root"], style)[1]).returncode
            for presence in ("builtin", "absent")]
        if SKIP_STATUS[style] not in (present, absent):
            suite.expect(f"{style}: statuses for SCTP present and absent",
                         sorted([present, absent]), [0, 1])
        done = suite.run(suite.program("socket(AF_INET, SOCK_STREAM, 0)",
                                       ["--as", "cgroup-deny"], style)[1])
        suite.expect(f"{style}: what cannot be staged", done.returncode, SKIP_STATUS[style])
    # A wrong field is found.
    text, _ = suite.program("socket(AF_INET, SOCK_DGRAM, 0)", ["--state", "--as", "userns-root"])
    broken = suite.folder / "broken.c"
    broken.write_text(text.replace('"SO_TYPE", 1, 3, 0, 2', '"SO_TYPE", 1, 3, 0, 7'))
    subprocess.run([suite.compiler, *WARNINGS, "-o", str(suite.folder / "broken"), str(broken)],
                   check=True)
    done = suite.run(suite.folder / "broken")
    if done.returncode != 4:
        suite.expect("a wrong field", (done.returncode, "SO_TYPE" in done.stdout), (1, True))


def check_edges(suite: Suite) -> None:
    for call in ("socket(AF_INET, -2147483648, -2147483648)", "socket(2, 0x80003, 0xffffffff)",
                 "socketpair(AF_INET, SOCK_STREAM, 0)", "io_uring_socket(AF_INET, SOCK_STREAM, 0)",
                 "ping/effective_group"):
        for style in STYLES:
            suite.program(call, ["--gid", "7", "--egid", "8", "--cap", "net_raw", "--limit",
                                 "fds_left=2", "--sysctl", "net.ipv4.ip_default_ttl=7"], style)


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 64
    compiler = shutil.which(sys.argv[3] if len(sys.argv) == 4 else "gcc")
    if compiler is None:
        print("skipped: there is no C compiler")
        return 4
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(sys.argv[1], compiler, pathlib.Path(folder))
        check_recording(suite, sys.argv[2])
        check_statuses(suite)
        check_edges(suite)
    print(f"{suite.programs} programs compiled, {suite.ran} runs, {len(suite.wrong)} wrong")
    for line in suite.wrong[:20]:
        print(line)
    return 1 if suite.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
