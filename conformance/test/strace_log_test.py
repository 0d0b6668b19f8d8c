#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`strace` on logs that the real strace makes of a real program, in each notation it has.

usage: strace_log_test.py SOCKORACLE RECORDING
Exit status: 0 good, 1 wrong, 4 skipped (no strace, or it may not trace here).
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

# Threads, so that lines are unfinished and resumed; a child as another user, if root asks.
TRACED = """
import os, socket, threading
CALLS = [(t, p) for t in (1, 2, 3, 11) for p in (0, 1, 6, 17, 262, 300)]
def ask():
    for kind, protocol in CALLS:
        try:
            socket.socket(2, kind, protocol).close()
        except OSError:
            pass
threads = [threading.Thread(target=ask) for _ in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
socket.socketpair()
if os.fork() == 0:
    if os.geteuid() == 0:
        os.setgroups([]); os.setgid(1000); os.setuid(1000)
    ask()
    os._exit(0)
os.wait()
"""
CALLS = 4 * 24 + 1  # three threads, the child, the pair
NOTATIONS = [
    ["-f"], ["-f", "-t"], ["-f", "-tt", "-T", "-yy"], ["-f", "-ttt", "-y"], ["-f", "-r", "-n"],
    ["-f", "-i", "-X", "raw"], ["-f", "-X", "abbrev"], ["-f", "-X", "verbose", "-v"], ["-f", "-a1"],
]
# Logs that no kernel writes, or that are broken: what is said about them, and the exit status.
BAD = [
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = -1 ENOTTY (x)\n", 1, "DIFFERS"),
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) = 3\n", 1, "DIFFERS"),
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = -1 EACCES (x)\n", 1, "DIFFERS"),
    ("1 socket(AF_INET, SOCK_STREAM, 0 <unfinished ...>\n2 <... socket resumed>) = 3\n", 4,
     "no result"),
    ("1 socket(AF_INET, SOCK_STREAM, 0 <unfinished ...>\n1 <... socket resumed>) = 3\n", 0,
     "ok "),
    ("socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (Operation not permitted)\n", 0,
     "raw_needs_net_raw"),
    ("socket(AF_INET, SOCK_STREAM, 0) = -1 EPERM (x) (INJECTED)\n", 4, "injected"),
    ("socket(AF_INET, SOCK_STREAM, 0) = 3<TCP:[1]> <0.1>\r\n", 0, "ok "),
    ("socket(AF_UNIX, SOCK_STREAM, 0) = 3\n", 4, "outside"),
    ("socket(AF_INET, SOCK_WHAT, 0) = 3\n", 64, "0 calls"),
    ("socket(AF_INET, SOCK_STREAM, 0\n", 64, "0 calls"),
    ("write(1, \"socket(AF_INET, 9, 9) = 3\", 5) = 5\n", 4, "0 calls"),
    ("", 4, "0 calls"), ("\0\xff[[[ ]]] 12 <... socket resumed>", 4, "0 calls"),
]


def check_text(tool: str, log: str, flags: list) -> subprocess.CompletedProcess:
    return subprocess.run([tool, "strace", *flags], input=log, text=True, capture_output=True,
                          timeout=120)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 64
    tool, wrong = sys.argv[1], []
    for log, status, text in BAD:
        done = check_text(tool, log, ["--release", "6.12", "--as", "root"])
        if done.returncode != status or text not in done.stdout:
            wrong.append(f"{log!r}: status {done.returncode}, expected {status} and {text!r}:\n"
                         f"{done.stdout}{done.stderr}")
    if shutil.which("strace") is None:
        print("skipped: strace is not installed", file=sys.stderr)
        return 1 if wrong else 4
    unfinished = 0
    with tempfile.TemporaryDirectory() as folder:
        for flags in NOTATIONS:
            path = pathlib.Path(folder) / "log"
            traced = subprocess.run(["strace", *flags, "-o", str(path), sys.executable, "-c",
                                     TRACED], capture_output=True, text=True, timeout=120)
            if traced.returncode != 0:
                print(f"skipped: strace does not trace here: {traced.stderr}", file=sys.stderr)
                return 1 if wrong else 4
            log = path.read_text(errors="replace")
            unfinished += log.count("socket resumed>")
            done = check_text(tool, log, ["--world", "host"])
            if done.returncode != 0 or f"{CALLS} calls, {CALLS - 1} checked" not in done.stdout:
                wrong.append(f"{flags}: status {done.returncode}\n"
                             f"{done.stdout[-600:]}{done.stderr}")
            # One answer of the log is changed: the model must notice it.
            changed = check_text(tool, log.replace("EPROTONOSUPPORT", "ENOTTY", 1),
                                 ["--world", "host"])
            if changed.returncode != 1 or "1 differ" not in changed.stdout:
                wrong.append(f"{flags}: a changed answer is not noticed\n{changed.stdout[-600:]}")
    print(f"{len(BAD)} short logs, {len(NOTATIONS)} real ones with {unfinished} resumed lines, "
          f"{len(wrong)} wrong")
    print("\n".join(wrong[:5]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
