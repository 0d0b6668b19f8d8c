#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`--as me` on this very machine: what the program says under --world host is what socket() itself
answers to a process with the same credentials, namespaces and limits.

usage: own_caller_test.py SOCKORACLE
Only protocols that are registered here are asked for, so that no module is loaded. Every change is
one of a child: nothing of it is left. Exit status: 0 good, 1 wrong, 4 skipped (no real kernel that
the table has, or nothing could be tried).
"""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

# family, type, protocol; the name that /proc/net/protocols must show for it.
CALLS = [
    (2, 1, 0, "TCP"), (2, 1, 6, "TCP"), (2, 0o4001, 0, "TCP"), (2, 2, 0, "UDP"),
    (2, 2, 17, "UDP"), (2, 0o2000002, 17, "UDP"), (2, 2, 1, "PING"), (2, 3, 1, "RAW"),
    (2, 3, 6, "RAW"), (2, 3, 255, "RAW"), (2, 0o2000003, 17, "RAW"), (2, 1, 262, "MPTCP"),
    (2, 1, -1, "TCP"), (2, 3, 1000, "RAW"), (2, 11, 0, "TCP"), (2, 0x100, 0, "TCP"),
    (10, 1, 6, "TCPv6"), (10, 2, 0, "UDPv6"), (10, 3, 58, "RAWv6"), (10, 2, 58, "PINGv6"),
    (10, 3, 1000, "RAWv6"), (2, 10, 768, "PACKET"), (-1, 1, 0, "TCP"), (1000, 1, 0, "TCP"),
]

# Makes the calls; libc is loaded before the limit bites.
REAL = """
import ctypes, errno, json, os, resource, sys
libc = ctypes.CDLL(None, use_errno=True)
calls, left = json.loads(sys.argv[1]), int(sys.argv[2])
if left >= 0:
    os.closerange(3, 4096)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (3 + left, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
answers = []
for family, kind, protocol in calls:
    fd = libc.socket(family, kind, protocol)
    answers.append(None if fd >= 0 else errno.errorcode[ctypes.get_errno()])
    if fd >= 0:
        os.close(fd)
print(json.dumps(answers))
"""

# A stranger to the user namespace that owns its network namespace, whose owner it is.
OWNER = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    os.setgroups([]); os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000)
    done = libc.unshare(0x10000000 | 0x40000000)
    os.write(ready[1], b"y" if done == 0 else b"n")
    os.close(go[1])
    os.read(go[0], 1)
    os._exit(0)
good = os.read(ready[0], 1) == b"y"
if good:
    net = os.open(f"/proc/{child}/ns/net", os.O_RDONLY)
    good = libc.setns(net, 0x40000000) == 0
    os.close(net)
os.close(go[1])
os.waitpid(child, 0)
if not good:
    sys.exit(99)
if sys.argv[1] != "root":
    os.setgroups([]); os.setresgid(1000, 1000, 1000)
    os.setresuid(int(sys.argv[1]), int(sys.argv[1]), int(sys.argv[1]))
os.execvp(sys.argv[2], sys.argv[2:])
"""

# Other users may not enter the folder of one that lies in somebody's home.
PYTHON = next(path for path in ("/usr/bin/python3", sys.executable) if os.path.exists(path))
SETPRIV = ["setpriv", "--clear-groups"]
AS_65534 = SETPRIV + ["--reuid", "65534", "--regid", "65534", "--"]
AS_1000 = SETPRIV + ["--reuid", "1000", "--regid", "1000", "--"]
AMBIENT = SETPRIV + ["--reuid", "1000", "--regid", "1000", "--inh-caps", "+net_raw",
                     "--ambient-caps", "+net_raw", "--"]


def ping_range(low: int, high: int) -> list[str]:
    """In a network namespace of its own, so that the setting goes away with it."""
    return ["unshare", "-n", "sh", "-c",
            f'echo "{low} {high}" >/proc/sys/net/ipv4/ping_group_range && exec "$@"', "sh"]


SITUATIONS = {
    "as started": [],
    "uid 65534": AS_65534,
    "root without CAP_NET_RAW": ["setpriv", "--bounding-set", "-net_raw", "--"],
    "own user namespace": ["unshare", "-U", "-r"],
    "own user and network namespace": ["unshare", "-U", "-r", "-n"],
    "user namespace without a mapping": ["unshare", "-U"],
    "user namespace below a user's": AS_1000 + ["unshare", "-U", "-r", "-n", "unshare", "-U", "-r"],
    "uid 1000 in its own namespaces": AS_1000 + ["unshare", "-U", "-r", "-n"],
    "uid 1000 with ambient CAP_NET_RAW": AMBIENT,
    "own network namespace": ["unshare", "-n"],
    "group in ping_group_range": ping_range(1000, 1000) + AS_1000,
    "group outside ping_group_range": ping_range(2000, 3000) + AS_1000,
    "a supplementary group in it": ping_range(2000, 3000) + [
        "setpriv", "--groups", "7,2500", "--reuid", "1000", "--regid", "1000", "--"],
    "MPTCP off": ["unshare", "-n", "sh", "-c",
                  'echo 0 >/proc/sys/net/mptcp/enabled && exec "$@"', "sh"],
    "root above its network namespace": [PYTHON, "-c", OWNER, "root"],
    "owner of the network namespace": [PYTHON, "-c", OWNER, "1000"],
    "neither owner nor root": [PYTHON, "-c", OWNER, "1001"],
}


def possible_calls() -> list[tuple[int, int, int]]:
    names = {line.split()[0] for line in open("/proc/net/protocols", encoding="ascii")}
    return [call[:3] for call in CALLS if call[3] in names]


def text_of(call: tuple[int, int, int]) -> str:
    return "socket({}, {}, {})".format(*call)


def lines_of(calls: list[tuple[int, int, int]]) -> str:
    return "".join(json.dumps({"call": text_of(c), "world": {"release": "host"}}) + "\n"
                   for c in calls)


def errnos(output: str) -> list[str | None]:
    return [json.loads(line).get("errno", line) for line in output.splitlines()]


def run(command: list[str], text: str = "") -> subprocess.CompletedProcess:
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)


class Test:
    def __init__(self, tool: str) -> None:
        self.tool, self.wrong, self.tried = tool, 0, 0
        self.calls = possible_calls()

    def compare(self, what: str, real: list, said: list, who: str = "") -> None:
        self.tried += 1
        bad = [f"{text_of(c)}: the kernel {r}, the program {s}"
               for c, r, s in zip(self.calls, real, said) if r != s]
        self.wrong += len(bad) + (len(real) != len(said))
        refused = sum(r is not None for r in real)
        print(f"{'WRONG' if bad else 'ok'}  {what}: {len(real)} calls, {refused} refused{who}")
        for line in bad:
            print(f"       {line}")

    def situation(self, what: str, prefix: list[str]) -> None:
        calls = json.dumps(self.calls)
        real = run(prefix + [PYTHON, "-c", REAL, calls, "-1"])
        if real.returncode != 0:
            print(f"--  {what}: cannot be staged: {real.stderr.strip().splitlines()[-1:]}")
            return
        said = run(prefix + [self.tool, "ask"], lines_of(self.calls))
        shown = run(prefix + [self.tool, "explain", text_of((2, 3, 1)), "--world", "host",
                              "--format", "json"])
        who = json.loads(shown.stdout)
        self.compare(what, json.loads(real.stdout), errnos(said.stdout), f"; {who['who']}")
        raw = dict(zip(self.calls, json.loads(real.stdout)))[(2, 3, 1)]
        if who["errno"] != raw or who["caller"] != "me":
            print(f"WRONG  explain: {who['caller']} {who['errno']}, the kernel {raw}")
            self.wrong += 1

    def descriptors(self, left: int) -> None:
        """The limit comes down once the program runs: ld.so could not open a library under it."""
        real = run([PYTHON, "-c", REAL, json.dumps(self.calls), str(left)])
        with subprocess.Popen([self.tool, "ask"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, close_fds=True) as process:
            process.stdin.write('{"call":"socket(2,1,0)"}\n')
            process.stdin.flush()
            process.stdout.readline()  # it is up
            most = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[1]
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (3 + left, most))
            said, _ = process.communicate(lines_of(self.calls), timeout=120)
        self.compare(f"{left} descriptors left", json.loads(real.stdout), errnos(said))


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # other users run the program from here
        tool = str(pathlib.Path(folder) / "sockoracle")
        shutil.copy(sys.argv[1], tool)
        if run([tool, "explain", "socket(2, 1, 0)", "--world", "host"]).returncode != 0:
            print("skipped: this machine is no Linux of the table")
            return 4
        test = Test(tool)
        for what, prefix in SITUATIONS.items():
            test.situation(what, prefix)
        for left in (0, 1):
            test.descriptors(left)
    print(f"{test.tried} situations of {len(SITUATIONS) + 2}, {len(test.calls)} calls each, "
          f"{test.wrong} wrong")
    if test.tried < 3:
        return 4
    return 1 if test.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
