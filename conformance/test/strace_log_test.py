#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`strace` on logs that the real strace makes of a real program, in each notation it has.

usage: strace_log_test.py SOCKORACLE RECORDING
Exit status: 0 good, 1 wrong, 4 skipped (no strace, or it may not trace here).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import unprivileged

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
# Each child changes who it is in another way, so that each is refused or not for its own reason.
CHANGED = """
import ctypes, os, socket
libc = ctypes.CDLL(None)
def must(result):
    assert result >= 0
def ask():
    for kind, protocol in ((3, 1), (3, 0), (1, 0)):
        try:
            socket.socket(2, kind, protocol).close()
        except OSError:
            pass
def drop_net_raw():
    class Head(ctypes.Structure):
        _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
    head, data = Head(0x20080522, 0), (ctypes.c_uint32 * 6)()
    must(libc.capget(ctypes.byref(head), data))
    data[0] &= ~(1 << 13)
    must(libc.capset(ctypes.byref(head), data))
def as_nobody():
    os.setgroups([1000, 7]); os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000)
def keep_caps():
    must(libc.prctl(8, 1, 0, 0, 0)); os.setresuid(-1, 1000, 1000); os.setresuid(-1, 0, -1)
def seteuid_back():
    os.seteuid(1000); ask(); os.seteuid(0)
def run_again():
    os.setresuid(1000, 1000, 1000)
    os.execv("PYTHON", ["python3", "-c",
             "import socket\\ntry: socket.socket(2, 3, 1)\\nexcept OSError: pass"])
CHANGES = [as_nobody, drop_net_raw, keep_caps, seteuid_back,
           # Refused in a container, or in a chroot: then the caller is who it was.
           lambda: libc.unshare(0x50000000), lambda: libc.unshare(0x10000000),
           lambda: libc.unshare(0x40000000), run_again]
for change in CHANGES:
    if os.fork() == 0:
        change(); ask(); os._exit(0)
    assert os.wait()[1] == 0
""".replace("PYTHON", shutil.which("python3", path="/usr/bin:/bin") or sys.executable)
CALLS = 4 * 24 + 1  # three threads, the child, the pair
NOTATIONS = [
    ["-f"], ["-f", "-Y"], ["-f", "-t"], ["-f", "-tt", "-T", "-yy"], ["-f", "-ttt", "-y"],
    ["-f", "-r", "-n"],
    ["-f", "-i", "-X", "raw"], ["-f", "-X", "abbrev"], ["-f", "-X", "verbose", "-v"], ["-f", "-a1"],
]
# Logs that no kernel writes, or that are broken: what is said about them, and the exit status.
BAD = [
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = -1 ENOTTY (x)\n", 1, "DIFFERS"),
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) = 3\n", 1, "DIFFERS"),
    # What a policy or a failed allocation gives is elsewhere; an errno of nobody's differs.
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = -1 EACCES (x)\n", 0,
     "--policy lsm_socket_create=EACCES"),
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = -1 ENOMEM (x)\n", 0, "--fault 2"),
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = -1 EPERM (x)\n", 0, "by a seccomp filter"),
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = -1 EAFNOSUPPORT (x)\n", 0,
     "systemd: a unit's RestrictAddressFamilies="),
    # A witness contradicts no other line: IPv6 may be absent, but not where it answered.
    ("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n"
     "socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = -1 EAFNOSUPPORT (x)\n", 0,
     "the log's answer with --module ipv6=absent"),
    ("socket(AF_INET6, SOCK_DGRAM, IPPROTO_IP) = 3\n"
     "socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = -1 EAFNOSUPPORT (x)\n", 0,
     "the log's answer by a seccomp filter"),
    ("socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = 3\n"
     "socket(AF_INET, SOCK_RAW, IPPROTO_TCP) = -1 EPERM (x)\n", 0,
     "the log's answer by a seccomp filter"),
    # Whatever the log shows of who asks binds.
    ("geteuid() = 0\nsocket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (x)\n", 0,
     "the log's answer with --as all-but-net-raw"),
    ("socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (x)\ngeteuid32() = 1000\n", 0,
     "as uid 1000"),
    ("getresuid([1000], [1000], [1000]) = 0\n"
     "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (x)\n", 0, "ok "),
    ("capget({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=0, "
     "permitted=1<<CAP_NET_RAW, inheritable=0}) = 0\n"
     "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (x)\n", 0, "no capability"),
    ("capget({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_NET_RAW, "
     "permitted=1<<CAP_NET_RAW, inheritable=0}) = 0\n"
     "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (x)\n", 0,
     "the log's answer by a seccomp filter"),
    ("1 socket(AF_INET, SOCK_STREAM, 0 <unfinished ...>\n2 <... socket resumed>) = 3\n", 4,
     "no result"),
    ("1 socket(AF_INET, SOCK_STREAM, 0 <unfinished ...>\n1 <... socket resumed>) = 3\n", 0,
     "ok "),
    ("socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (Operation not permitted)\n", 0,
     "raw_needs_net_raw"),
    ("socket(AF_INET, SOCK_STREAM, 0) = -1 EPERM (x) (INJECTED)\n", 4, "injected"),
    ("socket(AF_INET, SOCK_STREAM, 0) = 3<TCP:[1]> <0.1>\r\n", 0, "ok "),
    ("socket(AF_UNIX, SOCK_STREAM, 0) = 3\n", 4, "outside"),
    ("socket(AF_UNIX, SOCK_STREAM, 0) = 3\n", 4, "1 outside the model"),
    # One line never makes the log unreadable: what is of another family is outside, whatever
    # stands in it; what cannot be read is counted, and the rest is judged.
    ("socket(AF_BLUETOOTH, SOCK_RAW, BTPROTO_HCI) = 3\n", 4,
     "outside    socket(AF_BLUETOOTH, SOCK_RAW, BTPROTO_HCI) = a descriptor   line 1"),
    ("socket(AF_MCTP, SOCK_WHAT, 0) = -1 EWHAT (x)\n", 4, "= -1 EWHAT"),
    ("socket(AF_INET, SOCK_WHAT, 0) = 3\n", 4, "1 line not understood"),
    ("socket(AF_INET, SOCK_STREAM, 0\n", 4, "1 line not understood"),
    ("socket(AF_INET, SOCK_STREAM, 0) = -1 ERESTARTNOINTR (To be restarted)\n"
     "socket(AF_INET, SOCK_STREAM, 0) = 3\n", 0, "1 call, 1 checked"),
    ("socket(AF_INET, SOCK_STREAM, 0) = -1 ERESTARTNOINTR (To be restarted)\n", 4,
     "character 34 of the call: accepted is a descriptor, -1 and an errno, or ?"),
    ("socket(AF_INET, SOCK_STREAM, 0) = ? ERESTARTNOINTR (To be restarted)\n", 4, "no result"),
    ("socket(AF_INET, SOCK_WHAT, 0) = 3\nsocket(AF_INET, SOCK_STREAM, IPPROTO_UDP) = 3\n", 1,
     "1 differs"),
    # --decode-pids=comm
    ("[pid 12<nginx>] socket(AF_INET, SOCK_STREAM, 0) = 3\n", 0, "1 call, 1 checked"),
    ("12<nginx: worker> socket(AF_INET, SOCK_STREAM, 0 <unfinished ...>\n"
     "13<[x]> socket(AF_INET, SOCK_STREAM, 0) = 4\n"
     "12<nginx: worker> <... socket resumed>) = 3\n", 0, "2 calls, 2 checked"),
    ("12<a> clone(child_stack=NULL, flags=CLONE_NEWUSER|SIGCHLD) = 13<b c>\n"
     "13<b c> socket(AF_INET, SOCK_RAW, 1) = -1 EPERM (x)\n", 0, "user namespace of its own"),
    ("write(1, \"socket(AF_INET, 9, 9) = 3\", 5) = 5\n", 4, "0 calls"),
    # Who asks: what the log says, and what it does not say.
    ("setuid(1000) = 0\nsocket(AF_INET, SOCK_RAW, 1) = -1 EPERM (x)\n", 0, "as uid 1000"),
    ("setuid(1000) = -1 EPERM (x)\nsocket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = 3\n", 0, "ok "),
    ("1 clone(child_stack=NULL, flags=CLONE_NEWUSER|SIGCHLD) = 2\n"
     "2 socket(AF_INET, SOCK_RAW, 1) = -1 EPERM (x)\n1 socket(AF_INET, SOCK_RAW, 1) = 3\n", 0,
     "user namespace of its own"),
    ("1 setuid(1000) = 0\n2 socket(AF_INET, SOCK_RAW, 1) = -1 EPERM (x)\n", 0, "as uid 1000"),
    ("1 socket(AF_INET, SOCK_RAW, 1) = 3\n2 setuid(1000) = 0\n"
     "3 socket(AF_INET, SOCK_RAW, 1) = -1 EPERM (x)\n", 0, "no line says which process started"),
    ("1 setns(3, 0) = 0\n1 socket(AF_INET, SOCK_RAW, 1) = -1 EPERM (x)\n", 4, "setns into"),
    ("1 setns(3, CLONE_NEWNS) = 0\n1 socket(AF_INET, SOCK_RAW, 1) = -1 ENOTTY (x)\n", 1, "DIFFERS"),
    ("1 capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, 0x7ff) = 0\n"
     "1 socket(AF_INET, SOCK_RAW, 1) = -1 EPERM (x)\n", 4, "capset with"),
    ("1 setgroups(1, [\n", 4, "0 calls"), ("1 clone3({flags=", 4, "0 calls"),
    ("", 4, "0 calls"),
]
# Files that are no logs at all.
NO_LOGS = ["hello\n", "\0\xff[[[ ]]] 12 <... socket resumed>", "int main(void) { return 0; }\n",
           "{\"call\": 1}\n", "12 13\n"]


def trace(program: str, flags: list, path: pathlib.Path) -> str:
    """What strace says against it, or ""."""
    done = subprocess.run(["strace", *flags, "-o", str(path), sys.executable, "-c", program],
                          capture_output=True, text=True, timeout=120)
    return "" if done.returncode == 0 else done.stderr or "fails"


def check_changed(tool: str, path: pathlib.Path) -> list:
    """Logs of a program that changes who it is: each call is explained by who asked."""
    wrong = []
    wanted = ["as uid 1000, gid 1000, no capability", "without CAP_NET_RAW", "as uid 1000, gid 0"]
    if unprivileged.may_make_namespaces():
        wanted.append("in a user namespace of its own, in a network")
    for flags in NOTATIONS:
        complaint = trace(CHANGED, flags, path)
        if complaint:
            return [f"{flags}: {complaint}"]
        done = check_text(tool, path.read_text(errors="replace"), ["--world", "host"])
        said = done.stdout
        if done.returncode != 0 or "elsewhere" in said or "unknown" in said:
            wrong.append(f"{flags}: status {done.returncode}\n{said[-1500:]}{done.stderr}")
        for who in wanted:
            if who not in said.replace("\n           ", " "):
                wrong.append(f"{flags}: nobody {who}")
    return wrong


def check_text(tool: str, log: str, flags: list) -> subprocess.CompletedProcess:
    return subprocess.run([tool, "strace", *flags], input=log, text=True, capture_output=True,
                          timeout=120)


def check_json(tool: str) -> list:
    """Two files, one object; what no log shows is marked as assumed."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = pathlib.Path(folder, "first"), pathlib.Path(folder, "second")
        first.write_text("setuid(1000) = 0\nsocket(AF_INET, SOCK_RAW, 1) = -1 EPERM (x)\n"
                         "socket(AF_UNIX, SOCK_STREAM, 0) = 3\nsocket(AF_INET, WHAT, 0) = 3\n")
        second.write_text("socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (x)\n"
                          "socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) = 3\n")
        done = subprocess.run([tool, "strace", "--format", "json", str(first), str(second),
                               "--release", "6.12"], text=True, capture_output=True, timeout=60)
    said = json.loads(done.stdout)
    calls = [(pathlib.Path(call["file"]).name, call["line"], call["said"], call.get("predicted"),
              call["verdict"], call["rule"], call.get("modelled")) for call in said["calls"]]
    expected = [
        ("first", 2, "-1 EPERM", "-1 EPERM", "ok", "raw_needs_net_raw", None),
        ("first", 3, "a descriptor", None, "outside", "family_not_modelled", False),
        ("second", 1, "-1 EPERM", "a descriptor", "elsewhere", "created", None),
        ("second", 2, "a descriptor", "-1 EPROTONOSUPPORT", "differs", "protocol_known", None),
    ]
    wrong = []
    if calls != expected:
        wrong.append(f"JSON: {calls}")
    if said["assumed"] != ["caller"] or said["not_understood"][0]["line"] != 4 or \
            said["counts"]["not_understood"] != 1 or done.returncode != 1:
        wrong.append(f"JSON: {said}")
    if said["calls"][0]["caller"] != "uid 1000, gid 0, no capability" or \
            said["calls"][2]["cause_rule"] != "raw_needs_net_raw":
        wrong.append(f"JSON: {said['calls']}")
    return wrong


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
    for log in NO_LOGS:
        done = check_text(tool, log, ["--release", "6.12"])
        if (done.returncode, done.stdout) != (64, "") or done.stderr.count("\n") != 1 or \
                "no line was understood" not in done.stderr:
            wrong.append(f"{log!r}: {done.returncode} {done.stdout}{done.stderr}")
    wrong += check_json(tool)
    if shutil.which("strace") is None:
        print("skipped: strace is not installed", file=sys.stderr)
        return 1 if wrong else 4
    unfinished = 0
    with tempfile.TemporaryDirectory() as folder:
        for flags in NOTATIONS:
            path = pathlib.Path(folder) / "log"
            complaint = trace(TRACED, flags, path)
            if complaint:
                print(f"skipped: strace does not trace here: {complaint}", file=sys.stderr)
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
            if changed.returncode != 1 or "1 differs" not in changed.stdout:
                wrong.append(f"{flags}: a changed answer is not noticed\n{changed.stdout[-600:]}")
        changed = "not as root"
        if os.geteuid() == 0:
            wrong += check_changed(tool, path)
            changed = f"{len(NOTATIONS)} of changing callers"
    print(f"{len(BAD)} short logs, {changed}, "
          f"{len(NOTATIONS)} real ones with {unfinished} resumed lines, "
          f"{len(wrong)} wrong")
    print("\n".join(wrong[:5]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
