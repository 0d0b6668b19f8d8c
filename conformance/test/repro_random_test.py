#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random programs of `repro`, in worlds that are mostly not this machine: none may say DIFFERENT.

usage: repro_random_test.py SOCKORACLE RECORDING [CC [COUNT [SEED]]]
Each is compiled, and run as root and as a user where this is root. A program looks whether the
machine is the world it was written for, and skips where it is not; so what it judges must be as it
says, on a kernel that conforms. Calls that would load a module here are not made.
Exit status: 0 good, 1 wrong, 4 skipped (no C compiler).
"""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

WARNINGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"]
CONTEXTS = ("root", "nobody", "net-raw-only", "all-but-net-raw", "root-uid-no-caps", "userns-root",
            "userns-root-host-net", "netns-owner", "ping-gid", "ping-out", "mptcp-off", "no-fd")
PROTOCOLS = (0, 1, 6, 17, 58, 115, 132, 136, 255, 256, 262, 33, 2, 263, -1, 2147483647)
MODULES = ("mptcp", "sctp", "dccp", "l2tp_ip", "smc", "ipv6", "packet", "udplite")
BROUGHT_BY_MODULES = (33, 115, 132, 256, 262)
USER = 12345


def pick_call(draw: random.Random) -> tuple:
    family = draw.choice((2, 2, 2, 10, 10, 17, 0, 99))
    kind = draw.choice((1, 1, 2, 2, 3, 3, 5, 6, 10, 0, 4, 12)) | draw.choice((0, 0, 0x800, 0x80000,
                                                                             0x10))
    return family, kind, draw.choice(PROTOCOLS)


def pick_world(draw: random.Random) -> list:
    flags = []
    if draw.random() < 0.5:
        flags += ["--as", draw.choice(CONTEXTS)]
    if draw.random() < 0.2:
        flags += ["--release", draw.choice(("3.12", "4.4", "5.4", "5.10", "6.1", "6.12", "6.16",
                                            "7.3"))]
    if draw.random() < 0.2 and "--release" not in flags:
        flags += ["--module", f"{draw.choice(MODULES)}={draw.choice(('absent', 'builtin'))}"]
    if draw.random() < 0.15:
        flags += ["--gid", str(draw.choice((0, 7, 1000)))]
    if draw.random() < 0.15:
        flags += ["--cap", "net_raw"]
    if draw.random() < 0.1:
        flags += ["--sysctl", "net.ipv4.ping_group_range=0 2147483647"]
    if draw.random() < 0.2:
        flags += ["--state"]
    return flags


def modules_can_be_loaded() -> bool:
    try:
        return pathlib.Path("/proc/sys/kernel/modprobe").read_text().strip() != ""
    except OSError:
        return False


def might_load(call: tuple) -> bool:
    family, kind, protocol = call
    kind &= 15
    return (protocol in BROUGHT_BY_MODULES or kind in (5, 6, 10)
            or family not in (0, 2, 99))


def run(binary: pathlib.Path, user) -> subprocess.CompletedProcess:
    # A user's own folder may not be reachable for others: the program is handed over open.
    with open(binary, "rb") as file:
        def become():
            if user is not None:
                os.setgroups([])
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)
        return subprocess.run([f"/proc/self/fd/{file.fileno()}"], pass_fds=[file.fileno()],
                              preexec_fn=become, text=True, capture_output=True, timeout=60)


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 64
    compiler = shutil.which(sys.argv[3] if len(sys.argv) > 3 else "gcc")
    if compiler is None:
        print("skipped: there is no C compiler")
        return 4
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 130
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    draw = random.Random(seed)
    users = [None, USER] if os.geteuid() == 0 else [None]
    judged = skipped = left_out = 0
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        for index in range(count):
            call = pick_call(draw)
            text = "socket({}, {}, {})".format(*call)
            flags = pick_world(draw)
            source = folder / f"{index}.c"
            done = subprocess.run([sys.argv[1], "repro", text, "-o", str(source), *flags],
                                  text=True, capture_output=True)
            if done.returncode == 64 and "accepted is absent" in done.stderr:
                continue  # a module that the drawn release does not have
            if done.returncode != 0:
                wrong.append(f"{text} {flags}: repro ends with {done.returncode}: {done.stderr}")
                continue
            binary = source.with_suffix("")
            subprocess.run([compiler, *WARNINGS, "-o", str(binary), str(source)], check=True)
            if might_load(call) and modules_can_be_loaded():
                left_out += 1
                continue
            for user in users:
                done = run(binary, user)
                judged += done.returncode == 0
                skipped += done.returncode == 4
                if done.returncode not in (0, 4):
                    wrong.append(f"{text} {flags} as {user or 'the caller'}: "
                                 f"{done.returncode}: {done.stdout}{done.stderr}")
    print(f"{count} programs, {judged} runs judged, {skipped} skipped, {left_out} not run because "
          f"they might load a module, {len(wrong)} wrong")
    for line in wrong[:20]:
        print(line)
    return 1 if wrong or judged < count // 8 and not left_out else 0


if __name__ == "__main__":
    sys.exit(main())
