#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The page's module against the native program: random questions, and the same answers.

usage: module_test.py SOCKORACLE SOCKORACLE.js [CASES [SEED]]
Answers of `ask` must be equal byte for byte, those of the other commands as JSON.
Exit status: 0 equal, 1 not, 4 skipped (no node, or no module was built).
"""

import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

LINES = pathlib.Path(__file__).resolve().parent / "browser" / "module_lines.cjs"
EDGES = [-2**31, -1, 0, 1, 2, 5, 6, 17, 33, 115, 132, 136, 254, 255, 256, 262, 263, 2**31 - 1]
ERRNOS = ["EPERM", "EACCES", "EINVAL", "ENOMEM", "ENOBUFS"]
EXIT_OK, EXIT_NOT_MODELLED = 0, 4
# What is no question: the answer is an error, the same one.
BROKEN = ["", "{}", "[]", "nonsense", '{"call":1}', '{"call":"socket("}', '{"call":"x","world":3}',
          '{"call":"socket(2,1,0)","call":"socket(2,1,0)"}', '{"call":"socket(2,1,0)"} more',
          '{"call":"socket(2,1,0)","world":{"as":"<b>nobody</b>"}}',
          '{"call":"socket(2,1,0)","world":{"release":"2.4"}}',
          '{"call":"socket(2,1,0)","world":{"release":"6.12","caps":["fly"]}}']


class Questions:
    def __init__(self, tool: str, seed: int):
        self.random = random.Random(seed)
        self.tables = {}
        for what in ("releases", "worlds", "behaviours"):
            done = subprocess.run([tool, "list", what, "--format", "json"], check=True,
                                  capture_output=True, text=True)
            self.tables[what] = json.loads(done.stdout)

    def flags(self, name: str) -> list:
        return [row["value"] for row in self.tables["worlds"] if row["world flag"] == name]

    def sometimes(self, share: float) -> bool:
        return self.random.random() < share

    def call(self):
        choose = self.random.choice
        family = choose([2, 2, 2, 2, 10, 10, 17, 1, choose(EDGES)])
        kind = choose([1, 2, 3, 4, 5, 6, 10, choose(EDGES), self.random.randrange(16)])
        kind |= choose([0, 0, 0, 0o2000000, 0o4000])
        protocol = choose([choose(EDGES), self.random.randrange(300)])
        if self.sometimes(0.5):
            return f"socket({family}, {kind}, {protocol})"
        entry = choose(["socket", "socket", "socketpair", "io_uring", "socketcall"])
        return {"family": family, "type": kind, "protocol": protocol, "entry": entry}

    def world(self) -> dict:
        choose, world = self.random.choice, {}
        release = choose(self.tables["releases"])["release"]
        world["release"] = release + choose(["", "", "", f".{self.random.randrange(1, 300)}"])
        if self.sometimes(0.7):
            # Whoever runs this command is nobody in a page.
            names = [name for name in self.flags("--as") if name not in ("me", "pid:N")]
            world["as"] = choose(names)
        if self.sometimes(0.3):
            name = choose(self.flags("--module")).split("=")[0]
            world["modules"] = {name: choose(["absent", "loadable", "loaded", "builtin"])}
        if self.sometimes(0.3):
            name, usual = choose(self.flags("--sysctl")).split("=")
            values = [str(self.random.randrange(3)) if self.sometimes(0.5) else word
                      for word in usual.split()]
            world["sysctls"] = {name: " ".join(values)}
        if self.sometimes(0.2):
            world["caps"] = [choose(["net_raw", "net_admin", "CAP_SYS_ADMIN", "all"])]
        if self.sometimes(0.2):
            world[choose(["uid", "gid", "egid"])] = self.random.randrange(2000)
        if self.sometimes(0.1):
            world["groups"] = [self.random.randrange(2000) for _ in range(3)]
        if self.sometimes(0.1):
            world["limits"] = {choose(["fds_left", "files_left"]): self.random.randrange(2)}
        if self.sometimes(0.1):
            hook = choose(["cgroup_sock_create", "lsm_socket_create", "lsm_sk_alloc"])
            world["policies"] = {hook: choose(["deny", "allow", "EACCES"])}
        if self.sometimes(0.15):
            world["faults"] = [self.random.randrange(1, 12)]
        if self.sometimes(0.2):
            world["behaviours"] = [choose("+-") + choose(self.tables["behaviours"])["behaviour"]]
        return world

    def line(self) -> str:
        if self.sometimes(0.01):
            return self.random.choice(BROKEN)
        return json.dumps({"call": self.call(), "world": self.world()})


def read_exact(text: str):
    """JSON as api.js reads it: integers of 16 digits and more are texts."""
    return json.loads(text, parse_int=lambda word: word if len(word.lstrip("-")) > 15
                      else int(word))


def ask_module(module: str, requests: list) -> list:
    text = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run(["node", str(LINES), module], input=text, check=True, text=True,
                          capture_output=True, timeout=600)
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare_asks(tool: str, module: str, lines: list) -> list:
    native = subprocess.run([tool, "ask"], input="".join(line + "\n" for line in lines), text=True,
                            capture_output=True, timeout=600).stdout.splitlines(keepends=True)
    there = ask_module(module, [["ask_line", line, number]
                                for number, line in enumerate(lines, 1)])
    wrong = [f"{line}\n  native {one}  module {two}"
             for line, one, two in zip(lines, native, there) if one != two]
    if not len(native) == len(there) == len(lines):
        wrong.append(f"{len(lines)} questions, answers: {len(native)} and {len(there)}")
    return wrong


def compare_commands(tool: str, module: str, questions: Questions, count: int) -> list:
    wrong, requests, natives = [], [], []
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "world.json"
        for index in range(count):
            call, world = questions.call(), questions.world()
            while not isinstance(call, str):
                call = questions.call()
            command = ["explain", "causes", "history", "table", "repro"][index % 5]
            errno = questions.random.choice(ERRNOS)
            path.write_text(json.dumps(world))
            flags = ["--world", str(path)]
            if command == "causes":
                native = ["explain", call, "--errno", errno, *flags, "--format", "json"]
                requests.append([command, call, world, errno])
            elif command == "table":
                native = ["table", *flags, "--format", "json"]
                requests.append([command, 2, world])
            else:
                native = [command, call, *flags]
                native += [] if command == "repro" else ["--format", "json"]
                requests.append([command, call, world])
            done = subprocess.run([tool, *native], capture_output=True, text=True, timeout=60)
            if "changes nothing here" in done.stderr:
                requests.pop()      # refused as typed flags; a page has none
                continue
            answers = done.returncode in (EXIT_OK, EXIT_NOT_MODELLED) and done.stdout
            natives.append(done.stdout if answers else None)
    for request, native, there in zip(requests, natives, ask_module(module, requests)):
        refused = isinstance(there, dict) and "error" in there
        if native is None:
            same = refused
        else:
            same = there == (native if request[0] == "repro" else read_exact(native))
        if not same:
            wrong.append(f"{request}\n  native {str(native)[:300]}\n  module {str(there)[:300]}")
    answered = sum(native is not None for native in natives)
    if answered < count // 2:
        wrong.append(f"only {answered} of {count} questions were any")
    return wrong


def main() -> int:
    if len(sys.argv) not in (3, 4, 5):
        print(__doc__, file=sys.stderr)
        return 64
    tool, module = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    if shutil.which("node") is None or not pathlib.Path(module).exists():
        print("skipped: needs node and the module that ci/run site builds", file=sys.stderr)
        return 4
    questions = Questions(tool, seed)
    lines = BROKEN + [questions.line() for _ in range(count - len(BROKEN))]
    wrong = compare_asks(tool, module, lines)
    wrong += compare_commands(tool, module, questions, max(10, count // 100))
    print(f"{count} questions to ask, {max(10, count // 100)} to other commands, seed {seed}: "
          f"{len(wrong)} answered otherwise by the module")
    print("\n".join(wrong[:5]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
