#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`--world pid:N` on real processes: what the program says of a process is what socket() answers to
that very process.

usage: process_world_test.py SOCKORACLE
Only protocols that are registered here are asked for, so that no module is loaded. Nothing is left:
every process that is started ends here. Exit status: 0 good, 1 wrong, 4 skipped (no real kernel
that the table has, or nothing could be tried).
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from own_caller_test import (AS_1000, AS_65534, AMBIENT, PYTHON, ping_range, possible_calls,
                             text_of)

# Waits for a line, then makes the calls and says what they gave. `left` descriptors it may open.
SUBJECT = """
import ctypes, errno, json, os, resource, sys
libc = ctypes.CDLL(None, use_errno=True)
left = int(sys.argv[1])
if left >= 0:
    os.closerange(3, 4096)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3 + left, 3 + left))
if sys.argv[2] != "-":
    exec(sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
    answers = []
    for family, kind, protocol in json.loads(line):
        fd = libc.socket(family, kind, protocol)
        answers.append(None if fd >= 0 else errno.errorcode[ctypes.get_errno()])
        if fd >= 0:
            os.close(fd)
    print(json.dumps(answers), flush=True)
"""

LOAD_FILTER = """
import struct
program = struct.pack("<" + "HBBI" * (len(code) // 4), *code)
room = ctypes.create_string_buffer(program)
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
head = Program(len(code) // 4, ctypes.addressof(room))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(head), 0, 0) == 0
"""
# BPF: everything is allowed, but for a system call that nobody makes (number 999: EPERM).
FILTER = ("code = [0x20, 0, 0, 0, 0x15, 0, 1, 999, 6, 0, 0, 0x50001, 6, 0, 0, 0x7fff0000]" +
          LOAD_FILTER)
# socket() of AF_INET6 is EAFNOSUPPORT (97).
SOCKET = {"x86_64": 41, "aarch64": 198}.get(os.uname().machine, 41)
REFUSING = (f"code = [0x20, 0, 0, 0, 0x15, 0, 3, {SOCKET}, 0x20, 0, 0, 16, 0x15, 0, 1, 10, "
            "6, 0, 0, 0x50061, 6, 0, 0, 0x7fff0000]" + LOAD_FILTER)

SITUATIONS = {  # what: (prefix, descriptors left, what it executes first)
    "as started": ([], -1, "-"),
    "uid 65534": (AS_65534, -1, "-"),
    "root without CAP_NET_RAW": (["setpriv", "--bounding-set", "-net_raw", "--"], -1, "-"),
    "uid 1000 with ambient CAP_NET_RAW": (AMBIENT, -1, "-"),
    "uid 1000 in its own namespaces": (AS_1000 + ["unshare", "-U", "-r", "-n"], -1, "-"),
    "its own namespaces, another ping_group_range": (
        AS_1000 + ["unshare", "-U", "-r", "-n", "sh", "-c",
                   'echo "0 0" >/proc/sys/net/ipv4/ping_group_range && exec "$@"', "sh"], -1, "-"),
    "own user namespace alone": (["unshare", "-U", "-r"], -1, "-"),
    "group in ping_group_range": (ping_range(1000, 1000) + AS_1000, -1, "-"),
    "group outside ping_group_range": (ping_range(2000, 3000) + AS_1000, -1, "-"),
    "MPTCP off": (["unshare", "-n", "sh", "-c",
                   'echo 0 >/proc/sys/net/mptcp/enabled && exec "$@"', "sh"], -1, "-"),
    "a seccomp filter that allows": ([], -1, FILTER),
    "a seccomp filter that refuses AF_INET6": ([], -1, REFUSING),
    "one descriptor left": ([], 1, "-"),
    "no descriptor left": ([], 0, "-"),
}


def may_read_filters() -> bool:
    """With CAP_SYS_ADMIN, and no filter of one's own."""
    with open("/proc/self/status", encoding="utf-8") as file:
        status = dict(line.split(":", 1) for line in file)
    return int(status["CapEff"], 16) >> 21 & 1 == 1 and int(status["Seccomp"]) == 0


class Subject:
    """A process that answers calls when it is asked."""

    def __init__(self, prefix: list[str], left: int, first: str) -> None:
        self.process = subprocess.Popen(prefix + [PYTHON, "-c", SUBJECT, str(left), first],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.ready = self.process.stdout.readline().strip() == "ready"
        self.pid = self.process.pid

    def answers(self, calls: list) -> list:
        self.process.stdin.write(json.dumps(calls) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def state_of(pid: int) -> str:
    for line in open(f"/proc/{pid}/status", encoding="utf-8"):
        if line.startswith("State:"):
            return line.split()[1]
    return "?"


class Test:
    def __init__(self, tool: str) -> None:
        self.tool, self.wrong, self.tried = tool, 0, 0
        self.calls = possible_calls()

    def check(self, what: str, good: bool, detail: object = "") -> None:
        self.tried += 1
        self.wrong += not good
        print(f"{'ok' if good else 'WRONG'}  {what}" + ("" if good else f": {detail}"), flush=True)

    def run(self, words: list[str], text: str = "", prefix=()) -> subprocess.CompletedProcess:
        return subprocess.run([*prefix, self.tool, *words], input=text, capture_output=True,
                              text=True, timeout=60)

    def said(self, pid: int, prefix=()) -> list:
        lines = "".join(json.dumps({"call": text_of(c), "world": {"process": pid}}) + "\n"
                        for c in self.calls)
        done = self.run(["ask"], lines, prefix)
        return [json.loads(line).get("errno", line) for line in done.stdout.splitlines()]

    def explained(self, pid: object, prefix=()) -> dict:
        done = self.run(["explain", text_of((2, 3, 1)), "--world", f"pid:{pid}", "--format",
                         "json"], prefix=prefix)
        return json.loads(done.stdout) if done.returncode == 0 else {"error": done.stderr}

    def situation(self, what: str, prefix: list[str], left: int, first: str) -> None:
        if first == REFUSING and not may_read_filters():
            return
        subject = Subject(prefix, left, first)
        try:
            if not subject.ready:
                print(f"--  {what}: cannot be staged")
                return
            said, shown = self.said(subject.pid), self.explained(subject.pid)
            real = subject.answers(self.calls)
            bad = [f"{text_of(c)}: the kernel {r}, the program {s}"
                   for c, r, s in zip(self.calls, real, said) if r != s]
            refused = sum(r is not None for r in real)
            self.check(f"{what}: {len(real)} calls, {refused} refused; {shown.get('who')}",
                       not bad and len(real) == len(said), bad)
            if first == FILTER:
                conditions = " ".join(shown.get("holds_if", []))
                named = "1 seccomp filter" in conditions and "not readable" in conditions
                judged = "seccomp" not in conditions and bool(shown["filter"]["reasons"])
                self.check("its filter was asked, or is a condition",
                           judged if may_read_filters() else named, shown)
            if first == REFUSING:
                self.check("its filter refuses", "EAFNOSUPPORT" in said, said)
            self.check(f"{what}: it still runs", state_of(subject.pid) in "RS", "stopped")
        finally:
            subject.end()

    def refused(self, what: str, pid: object) -> None:
        done = self.run(["explain", "socket(2, 3, 1)", "--world", f"pid:{pid}"])
        self.check(f"{what} is refused: {done.stderr.strip()}",
                   done.returncode == 64 and done.stderr.count("\n") == 1, done)

    def none_that_calls(self) -> None:
        child = os.fork()
        if child == 0:
            os._exit(0)
        time.sleep(0.1)
        self.refused("a zombie", child)
        os.waitpid(child, 0)
        self.refused("a number that nobody has any more", child)
        self.refused("what is no number", "x")
        self.refused("number 0", 0)
        if open("/proc/2/comm", encoding="utf-8").read() == "kthreadd\n":
            self.refused("a thread of the kernel", 2)

    def traced_already(self) -> None:
        """Its filters cannot be read by a second tracer: the answer comes all the same."""
        if shutil.which("strace") is None:
            return
        subject = Subject([], -1, FILTER)
        with subprocess.Popen(["strace", "-p", str(subject.pid), "-o", "/dev/null"],
                              stderr=subprocess.PIPE) as strace:
            strace.stderr.readline()  # it has attached
            if strace.poll() is None:
                shown = self.explained(subject.pid)
                self.check("one that is traced", "errno" in shown and any(
                    "filter" in line for line in shown.get("holds_if", [])), shown)
            strace.terminate()
        subject.end()

    def stopped(self) -> None:
        """A stopped process with a filter stays stopped, and runs when it is told to."""
        subject = Subject([], -1, FILTER)
        os.kill(subject.pid, signal.SIGSTOP)
        os.waitpid(subject.pid, os.WUNTRACED)
        self.explained(subject.pid)
        time.sleep(0.1)
        self.check("one that is stopped stays so", state_of(subject.pid) == "T",
                   state_of(subject.pid))
        os.kill(subject.pid, signal.SIGCONT)
        self.check("and goes on", subject.answers([(2, 1, 0)]) == [None])
        subject.end()

    def killed_in_between(self) -> None:
        """Processes that end while they are read, and readers that are killed: an answer or one
        line, and nobody is left stopped."""
        bad = []
        for _ in range(10):
            subject = Subject([], -1, FILTER)
            timer = threading.Timer(0.02, subject.process.kill)
            timer.start()
            done = self.run(["explain", "socket(2, 3, 1)", "--world", f"pid:{subject.pid}"])
            timer.join()
            subject.end()
            if not (done.returncode == 0 or
                    done.returncode == 64 and done.stderr.count("\n") == 1):
                bad.append(done)
        self.check("processes killed while they are read", not bad, bad)
        subject = Subject([], -1, FILTER)
        for milliseconds in range(1, 40, 2):
            with subprocess.Popen([self.tool, "explain", "socket(2, 3, 1)", "--world",
                                   f"pid:{subject.pid}"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as reader:
                time.sleep(milliseconds / 1000)
                reader.kill()
        time.sleep(0.2)
        self.check("readers killed while they read", state_of(subject.pid) in "RS" and
                   subject.answers([(2, 1, 0)]) == [None], state_of(subject.pid))
        subject.end()

    def by_somebody_else(self) -> None:
        """What another user may not see is said, and the answer comes."""
        subject = Subject([], -1, FILTER)
        shown = self.explained(subject.pid, AS_65534)
        conditions = " ".join(shown.get("holds_if", []))
        self.check("root's process, read by uid 65534", shown.get("errno", "") is None and
                   "namespaces" in conditions and "CAP_SYS_ADMIN" in conditions, shown)
        subject.end()
        subject = Subject(AS_65534, -1, "-")
        if subject.ready:
            self.check("uid 65534's own, read by itself",
                       self.said(subject.pid, AS_65534) == subject.answers(self.calls))
        subject.end()
        # Into this network namespace its owner comes by way of the user namespace.
        subject = Subject(*SITUATIONS["its own namespaces, another ping_group_range"])
        if subject.ready:
            said, real = self.said(subject.pid, AS_1000), subject.answers(self.calls)
            self.check("a user namespace, read by its owner", said == real, (said, real))
        subject.end()


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # other users run the program from here
        tool = str(pathlib.Path(folder) / "sockoracle")
        shutil.copy(sys.argv[1], tool)
        test = Test(tool)
        if test.run(["explain", "socket(2, 1, 0)", "--world", "self"]).returncode != 0:
            print("skipped: this machine is no Linux of the table")
            return 4
        for what, (prefix, left, first) in SITUATIONS.items():
            test.situation(what, prefix, left, first)
        test.none_that_calls()
        test.traced_already()
        test.stopped()
        test.killed_in_between()
        if os.geteuid() == 0:
            test.by_somebody_else()
    print(f"{test.tried} checks, {test.wrong} wrong")
    return 1 if test.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
