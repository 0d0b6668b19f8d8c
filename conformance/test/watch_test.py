#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`watch` on real programs: every socket call is shown once, with the answer that the program got;
the prediction is the same; and nothing that was watched is changed by it.

usage: watch_test.py SOCKORACLE
Only protocols that are registered here are asked for, so that no module is loaded. Every program
ends here. Exit status: 0 good, 1 wrong, 4 skipped (no process may be traced here).
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from own_caller_test import AS_65534, PYTHON, possible_calls

# What each program may use: `ask` makes the calls and logs what they gave, a line for each.
HEAD = """
import ctypes, errno, json, os, resource, signal, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
CALLS = json.loads(sys.argv[1])
LOG = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)
def ask(calls=None, keep=False):
    for family, kind, protocol in CALLS if calls is None else calls:
        fd = libc.socket(family, kind, protocol)
        error = None if fd >= 0 else errno.errorcode[ctypes.get_errno()]
        os.write(LOG, (json.dumps([threading.get_native_id(), error]) + "\\n").encode())
        if fd >= 0 and not keep:
            os.close(fd)
def child(action):
    pid = os.fork()
    if pid == 0:
        action()
        os._exit(0)
    os.waitpid(pid, 0)
"""
FILTER = """
import struct
def deny(number, error):
    program = struct.pack("<" + "HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, number, 6, 0, 0,
                          0x50000 + error, 6, 0, 0, 0x7fff0000)
    room = ctypes.create_string_buffer(program)
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
    head = Program(4, ctypes.addressof(room))
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(head), 0, 0) == 0
"""
SOCKET = {"x86_64": 41, "aarch64": 198}.get(os.uname().machine, 41)
PROGRAMS = {
    "calls": "ask()",
    "forks": "child(ask); child(lambda: child(ask)); ask()",
    "threads": """
threads = [threading.Thread(target=ask) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]""",
    "another user": """
def other():
    os.setgroups([]); os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000); ask()
if os.geteuid() == 0: child(other)
ask()""",
    "its own namespaces": """
def own():
    if libc.unshare(0x50000000) == 0: ask()
child(own)
ask()""",
    "a sysctl that changes": """
def own():
    if libc.unshare(0x50000000) != 0: return
    open("/proc/self/setgroups", "w").write("deny")
    open("/proc/self/gid_map", "w").write("0 %d 1" % GID)
    ask()
    try: open("/proc/sys/net/ipv4/ping_group_range", "w").write("0 0")
    except OSError: pass
    ask()
GID = os.getegid()
child(own)""",
    "few descriptors": """
resource.setrlimit(resource.RLIMIT_NOFILE, (8, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
for _ in range(8): ask([(2, 1, 0), (2, 2, 0)], keep=True)""",
    "execve": "ask(); os.execvp(sys.executable, [sys.executable, '-c', NEXT] + sys.argv[1:])",
    "execve of a thread": """
def run(): os.execvp(sys.executable, [sys.executable, '-c', NEXT] + sys.argv[1:])
threading.Thread(target=lambda: (ask(), time.sleep(60))).start()
time.sleep(0.2); threading.Thread(target=run).start(); time.sleep(60)""",
    "many at once": """
def some(): [child(ask) for _ in range(3)]
threads = [threading.Thread(target=some) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]""",
    "vfork": "subprocess.run([sys.executable, '-c', NEXT] + sys.argv[1:], close_fds=False); ask()",
}

# Waits for a line each time.
PATIENT = HEAD + """
print("ready", flush=True)
for line in sys.stdin:
    ask()
    threading.Thread(target=ask).start()
    print("done", flush=True)
"""

# i386 without a C library: socketcall(SYS_SOCKET), socket, and an address that nobody can read.
I386 = """
static int call(int number, long a, long b, long c) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}
void _start(void) {
  unsigned words[3] = {2, 3, 300};
  call(102, 1, (long)words, 0);
  words[2] = 1;
  call(102, 1, (long)words, 0);
  call(102, 1, 8, 0);
  call(359, 2, 1, 0);
  call(1, 5, 0, 0);
}
"""


class Test:
    def __init__(self, tool: str, folder: str) -> None:
        self.tool, self.folder, self.wrong, self.tried = tool, folder, 0, 0
        self.calls = json.dumps([c for c in possible_calls() if c[0] != -1])

    def check(self, what: str, good: bool, detail: object = "") -> None:
        self.tried += 1
        self.wrong += not good
        print(f"{'ok' if good else 'WRONG'}  {what}" + ("" if good else f": {detail}"), flush=True)

    def file(self, name: str) -> str:
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8"):
            os.chmod(path, 0o666)
        return path

    def program(self, text: str) -> tuple[list[str], str]:
        """The command, and where it logs what its calls gave."""
        log = self.file("log")
        head = HEAD + f"NEXT = {(HEAD + 'ask()')!r}\n"
        return [PYTHON, "-c", head + text, self.calls, log], log

    def watch(self, command: list[str],
              prefix=()) -> tuple[list[dict], subprocess.CompletedProcess]:
        out = self.file("watched")
        done = subprocess.run([*prefix, self.tool, "watch", "--format", "json", "-o", out, "--",
                               *command], capture_output=True, text=True, timeout=120)
        return lines_of(out), done

    def same(self, what: str, seen: list[dict], log: str) -> None:
        """Every call of the log was seen, in its task and its order, and nothing else."""
        real: dict[int, list] = {}
        with open(log, encoding="ascii") as lines:
            for task, error in map(json.loads, lines):
                real.setdefault(task, []).append(error)
        watched: dict[int, list] = {}
        for line in seen:
            watched.setdefault(line["task"], []).append(line.get("errno", line["said"]))
        count = sum(map(len, real.values()))
        known = {task: [error_of(line) for line in seen if line["task"] == task] for task in real}
        self.check(f"{what}: {count} calls in {len(real)} tasks, each seen once",
                   count > 0 and known == real and set(watched) == set(real), (real, known))
        wrong = [line for line in seen if line["verdict"] not in ("ok", "outside")]
        self.check(f"{what}: each predicted", not wrong, wrong[:3])

    def programs(self, prefix: list[str], who: str) -> None:
        for what, text in PROGRAMS.items():
            command, log = self.program(text)
            seen, done = self.watch(command, prefix)
            if done.returncode != 0:
                self.check(f"{what}{who} runs", False, (done.returncode, done.stderr))
            self.same(what + who, seen, log)

    def filters(self) -> None:
        """A filter of the program's own answers, and ours must not be heard instead."""
        command, log = self.program(FILTER + f"ask(); deny({SOCKET}, 22 + 35); child(ask); ask()")
        seen, done = self.watch(command)
        with open(log, encoding="ascii") as lines:
            real = [json.loads(line)[1] for line in lines]
        denied = [line for line in seen if line["said"] == "-1 EBADSLT"]
        self.check("a filter's answers are seen", done.returncode == 0 and len(seen) == len(real)
                   and len(denied) == real.count("EBADSLT") > 0, (done, len(seen), len(real)))
        self.check("and are not certain", denied and all(
            line["verdict"] == "outside" or line["verdict"] == "unknown" and
            "1 seccomp filter" in " ".join(line["holds_if"]) for line in denied), denied[:2])

    def statuses(self) -> None:
        for text, status in (("exit 7", 7), ("kill -TERM $$", 128 + 15), ("kill -KILL $$", 128 + 9),
                             ("exit 0", 0)):
            _, done = self.watch(["sh", "-c", text])
            self.check(f"exit status of {text}", done.returncode == status, done)
        _, done = self.watch(["/nonexistent"])
        self.check("no such command", done.returncode == 64 and done.stderr.count("\n") == 1, done)

    def killed_in_a_call(self) -> None:
        command, _ = self.program(FILTER + f"""
def killed():
    program = struct.pack("<" + "HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, {SOCKET}, 6, 0, 0,
                          0x80000000, 6, 0, 0, 0x7fff0000)
    room = ctypes.create_string_buffer(program)
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
    head = Program(4, ctypes.addressof(room))
    libc.prctl(38, 1, 0, 0, 0); libc.prctl(22, 2, ctypes.byref(head), 0, 0)
    libc.socket(2, 1, 0)
child(killed)""")
        seen, done = self.watch(command)
        self.check("a call that kills", len(seen) == 1 and seen[0]["verdict"] == "no result" and
                   "SIGSYS" in seen[0]["said"], (seen, done))

    def signals(self) -> None:
        """SIGTERM to `watch` alone reaches the command; its handler runs, its status comes back."""
        text = "import signal,sys,time\nsignal.signal(15, lambda *a: sys.exit(9))\n" \
               "print('ready', flush=True)\ntime.sleep(60)"
        with subprocess.Popen([self.tool, "watch", "-o", "/dev/null", "--", PYTHON, "-c", text],
                              stdout=subprocess.PIPE) as watch:
            watch.stdout.readline()
            watch.terminate()
            watch.communicate(timeout=30)
        self.check("SIGTERM is passed on", watch.returncode == 9, watch.returncode)
        with subprocess.Popen([self.tool, "watch", "-o", "/dev/null", "--", PYTHON, "-c",
                               "import os,time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"],
                              stdout=subprocess.PIPE) as watch:
            pid = int(watch.stdout.readline())
            watch.kill()
        time.sleep(0.3)
        self.check("a command does not outlive its filter's tracer", not alive(pid), pid)

    def attached(self, ending: int, what: str) -> None:
        """-p: its calls are seen while we look, and then it runs as before."""
        log, out = self.file("log"), self.file("watched")
        with subprocess.Popen([PYTHON, "-c", PATIENT, self.calls, log], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            with subprocess.Popen([self.tool, "watch", "-p", str(process.pid), "--format", "json",
                                   "-o", out]) as watch:
                wait_for(lambda: status_of(process.pid, "TracerPid") == str(watch.pid))
                for _ in range(3):
                    process.stdin.write("\n")
                    process.stdin.flush()
                    process.stdout.readline()
                wait_for(lambda: len(lines_of(out)) >= 6 * len(json.loads(self.calls)))
                self.same(f"-p, {what}", lines_of(out), log)
                watch.send_signal(ending)
                watch.communicate(timeout=30)
            wait_for(lambda: status_of(process.pid, "TracerPid") == "0")
            self.check(f"{what} leaves it running", status_of(process.pid, "State")[0] in "RS",
                       status_of(process.pid, "State"))
            process.stdin.write("\n")
            process.stdin.flush()
            self.check(f"and untouched after {what}", process.stdout.readline() == "done\n")
            process.kill()
        if ending == signal.SIGINT:
            self.check("^C is no failure", watch.returncode == 0, watch.returncode)

    def stopped(self) -> None:
        with subprocess.Popen([PYTHON, "-c", "import time; time.sleep(60)"]) as process:
            process.send_signal(signal.SIGSTOP)
            wait_for(lambda: status_of(process.pid, "State")[0] == "T")
            with subprocess.Popen([self.tool, "watch", "-p", str(process.pid)],
                                  stdout=subprocess.DEVNULL) as watch:
                wait_for(lambda: status_of(process.pid, "TracerPid") == str(watch.pid))
                time.sleep(0.2)
                watch.send_signal(signal.SIGINT)
                watch.communicate(timeout=30)
            self.check("a stopped process stays stopped", status_of(process.pid, "State")[0] == "T",
                       status_of(process.pid, "State"))
            process.kill()

    def refused(self) -> None:
        for words, status in ((["-p", "2147483647"], 64), (["-p", "x"], 64), ([], 64),
                              (["-p", "1", "--", "true"], 64)):
            done = subprocess.run([self.tool, "watch", *words], capture_output=True, text=True,
                                  timeout=30)
            self.check(f"watch {' '.join(words)}: {done.stderr.strip()}",
                       done.returncode == status and done.stderr.count("\n") == 1, done)

    def i386(self) -> None:
        source, program = self.file("i386.c"), os.path.join(self.folder, "i386")
        pathlib.Path(source).write_text(I386, encoding="ascii")
        compiler = shutil.which("gcc") or "cc"
        made = subprocess.run([compiler, "-m32", "-static", "-nostdlib", "-ffreestanding", "-O1",
                               "-fno-pie", "-no-pie", "-fno-stack-protector", "-o", program,
                               source], capture_output=True).returncode == 0
        if not made or subprocess.run([program]).returncode != 5:
            print("--  i386: no compiler, or no kernel that runs it")
            return
        seen, done = self.watch([program])
        said = [(line["call"].split("(")[0], error_of(line)) for line in seen]
        raw = None if os.geteuid() == 0 else "EPERM"
        self.check("i386: socketcall and socket", done.returncode == 5 and [e for _, e in said] ==
                   ["EINVAL", raw, None] and said[0][0] == "socketcall" and said[2][0] == "socket",
                   seen)
        self.check("i386: each predicted", all(line["verdict"] == "ok" for line in seen), seen)


def error_of(line: dict):
    return line.get("errno", line["said"])


def lines_of(path: str) -> list[dict]:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def status_of(pid: int, key: str) -> str:
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file)[key]
    except (OSError, KeyError):
        return "?"


def alive(pid: int) -> bool:
    return status_of(pid, "State")[0] not in "?ZX"


def wait_for(good) -> None:
    for _ in range(300):
        if good():
            return
        time.sleep(0.05)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # other users run the program from here
        tool = str(pathlib.Path(folder) / "sockoracle")
        shutil.copy(sys.argv[1], tool)
        test = Test(tool, folder)
        first = subprocess.run([tool, "watch", "--", "true"], capture_output=True, text=True)
        if first.returncode != 0:
            print(f"skipped: {first.stderr.strip()}")
            return 4
        test.programs([], "")
        if os.geteuid() == 0:
            test.programs(AS_65534, ", as uid 65534")
        test.filters()
        test.killed_in_a_call()
        test.statuses()
        test.signals()
        test.attached(signal.SIGINT, "^C")
        test.attached(signal.SIGKILL, "SIGKILL")
        test.stopped()
        test.refused()
        test.i386()
    print(f"{test.tried} checks, {test.wrong} wrong")
    return 1 if test.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
