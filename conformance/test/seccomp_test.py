#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Filters on the running kernel: what is predicted is what a child that has loaded them gets.

usage: seccomp_test.py SOCKORACLE

The same filter goes to the model and, as `sockoracle filter` writes it, into a child process, which
makes the calls of a grid. Where the model says that the filter answers, the child must get that;
where it lets the call through, what a child without a filter got.
Exit status: 0 passed, 1 failed, 4 filters cannot be loaded here.
"""

import ctypes
import json
import mmap
import os
import pathlib
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile

import unit_main

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
SHIPPED = "/usr/share/containers/seccomp.json"
REFUSED = 3
X32_BIT = 0x40000000
RANDOM_CHECKED, RANDOM_RUN, KILLED_MAX = 1500, 40, 20

# Families that every kernel with a network has, and numbers that no kernel has: nothing of these
# makes a kernel look for a module, but for IPPROTO numbers, which are left out where it could.
FAMILIES = [0, 1, 2, 10, 16, 17, 46, 255, -1]
TYPES = [0, 1, 2, 3, 5, 10, 11, 15, 1 | 0x800, 1 | 0x80000, 3 | 0x80800, 1 | 0x100000, -1]
PROTOCOLS = [0, 1, 2, 6, 9, 16, 17, 255, 256, 512, 0x7fffffff, -0x80000000, -1]
UPPER = [(0, 0, 0), (1, 0, 0), (0, 0xffffffff, 0), (0, 0, 0x80000000)]


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def may_load_modules() -> bool:
    try:
        return bool(pathlib.Path("/proc/sys/kernel/modprobe").read_text().strip()) and \
            pathlib.Path("/proc/modules").exists()
    except OSError:
        return False


def grid() -> list[tuple]:
    families, protocols = FAMILIES, PROTOCOLS
    if may_load_modules():
        families, protocols = [1, 2, 16], [0, 6, 9, 17]
    calls = [(f, t, p, UPPER[0]) for f in families for t in TYPES for p in protocols]
    calls += [(f, t, p, u) for f in (2, 16) for t in (1, 3) for p in protocols for u in UPPER[1:]]
    return calls


def words_of(call: tuple) -> list[int]:
    return [(word & 0xffffffff) | upper << 32 for word, upper in zip(call[:3], call[3])]


def load(code: bytes) -> int:
    """0, or the errno."""
    program = Filter(len(code) // 8, code)
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return ctypes.get_errno()
    if LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0:
        return 0
    return ctypes.get_errno()


def in_child(work) -> int:
    """The wait status of a child that does it."""
    pid = os.fork()
    if pid == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            work()
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1]


def real_answers(codes: list[bytes], calls: list[tuple], number: int) -> list[str]:
    """What each call gets; a call that kills is followed by a new child."""
    shared = mmap.mmap(-1, 4 * (len(calls) + 1))
    answers, done = [], 0
    call_of, none = LIBC.syscall, ctypes.c_ulong(0)
    arguments = [[ctypes.c_ulong(word) for word in words_of(call)] for call in calls]

    def work():
        for code in codes:
            if load(code) != 0:
                os._exit(REFUSED)
        count = done
        for one in arguments[done:]:
            struct.pack_into("<i", shared, 0, count)
            ctypes.set_errno(0)
            # socketpair's pointer is null: it answers before it looks, or EFAULT.
            fd = call_of(ctypes.c_long(number), *one, none, none, none)
            struct.pack_into("<i", shared, 4 + 4 * count, 0 if fd >= 0 else ctypes.get_errno())
            count += 1
            struct.pack_into("<i", shared, 0, count)
            if fd > 2:
                LIBC.close(fd)
        os._exit(0)

    while done < len(calls):
        status = in_child(work)
        reached = struct.unpack_from("<i", shared, 0)[0]
        for i in range(done, reached):
            answers.append(str(struct.unpack_from("<i", shared, 4 + 4 * i)[0]))
        done = reached
        if done == len(calls):
            break
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGSYS:
            raise RuntimeError(f"a child ended with {status:#x} at {calls[done]}")
        answers.append("SIGSYS")
        done += 1
        struct.pack_into("<i", shared, 0, done)
    return answers


class Seccomp(unit_main.unittest.TestCase):
    tool = ""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        status = in_child(lambda: os._exit(load(struct.pack("<HBBI", 6, 0, 0, 0x7fff0000))))
        if status != 0:
            raise unit_main.unittest.SkipTest(
                f"a filter cannot be loaded here: {os.strerror(os.waitstatus_to_exitcode(status))}")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def put(self, name: str, content) -> str:
        path = pathlib.Path(self.folder.name) / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(json.dumps(content))
        return str(path)

    def ask(self, lines: list[dict], *flags: str) -> list[dict]:
        done = subprocess.run([self.tool, "ask", "--release", "host", *flags], text=True,
                              input="".join(json.dumps(line) + "\n" for line in lines),
                              capture_output=True)
        self.assertIn(done.returncode, (0, 4, 64), done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def compiled(self, file: str, *flags: str) -> bytes:
        return subprocess.run([self.tool, "filter", file, "--form", "raw", *flags], check=True,
                              capture_output=True).stdout

    def compare(self, files: list[str], *flags: str, number: int = 41, entry: str = "socket"):
        calls = grid()
        lines = [{"call": {"family": f, "type": t, "protocol": p, "upper": list(u),
                           "entry": entry}, "world": {"seccomp": files}}
                 for f, t, p, u in calls]
        predicted = self.ask(lines, *flags)
        # Each call that kills costs a child.
        killed = [i for i, said in enumerate(predicted) if said.get("errno") == "SIGSYS"]
        dropped = set(killed) - set(random.Random(3).sample(killed, min(len(killed), KILLED_MAX)))
        calls = [call for i, call in enumerate(calls) if i not in dropped]
        predicted = [said for i, said in enumerate(predicted) if i not in dropped]
        without = real_answers([], calls, number)
        got = real_answers([self.compiled(file, *flags) for file in files], calls, number)
        filtered = 0
        for call, said, bare, real in zip(calls, predicted, without, got):
            expected = bare
            if said["rule"] == "seccomp_filter":
                filtered += 1
                expected = said["errno"]
                if expected != "SIGSYS":
                    expected = str(ERRNOS.get(expected, expected.removeprefix("E")))
            self.assertEqual(real, expected, f"{files} {flags} {call}: {said}")
        return filtered, len(calls)


def profile(rules: list, default: str = "SCMP_ACT_ERRNO", **more) -> dict:
    return {"defaultAction": default, **more,
            "syscalls": [{"names": EVERYDAY, "action": "SCMP_ACT_ALLOW"}] + rules}


def rule(action: str, *tests: tuple, names=("socket",), **more) -> dict:
    args = [{"index": index, "op": "SCMP_CMP_" + op, "value": value, "valueTwo": second}
            for index, op, value, second in tests]
    return {"names": list(names), "action": "SCMP_ACT_" + action, "args": args, **more}


# What the child itself needs beside the calls of the grid.
EVERYDAY = ["close", "exit_group", "exit", "rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "mmap",
            "munmap", "brk", "futex", "madvise", "mprotect", "prctl", "write", "getpid"]
ERRNOS = {name: number for number, name in __import__("errno").errorcode.items()}
HIGH = 1 << 32

PROFILES = {
    "allow-list": profile([rule("ALLOW", (0, "EQ", 1, 0)),
                           rule("ALLOW", (0, "EQ", 2, 0), (1, "MASKED_EQ", 0xf, 1)),
                           rule("KILL_PROCESS", (0, "EQ", 17, 0))], defaultErrnoRet=38),
    "family": profile([rule("ALLOW", (0, "GE", 2, 0)),
                       rule("ERRNO", (0, "LT", 1, 0), errnoRet=97)]),
    "type": profile([rule("ALLOW", (1, "LE", 3, 0)), rule("TRAP", (1, "EQ", 5, 0)),
                     rule("ALLOW", (1, "MASKED_EQ", 0xfff7f7f0, 0)),
                     rule("TRACE", (1, "EQ", 15, 0))]),
    "protocol": profile([rule("ALLOW", (2, "LT", 256, 0)), rule("LOG", (2, "GT", 0x7fffffff, 0))],
                        defaultErrnoRet=93),
    "upper": profile([rule("ALLOW", (0, "EQ", HIGH | 2, 0)),
                      rule("ALLOW", (1, "GE", HIGH, 0)),
                      rule("KILL_THREAD", (2, "MASKED_EQ", 0xffffffff << 32, 0x80000000 << 32)),
                      rule("ALLOW", (0, "EQ", 16, 0), (2, "LT", HIGH, 0))]),
    "notify": profile([rule("NOTIFY", (0, "EQ", 2, 0)), rule("ALLOW", (0, "EQ", 1, 0))],
                      defaultErrnoRet=4094),
}


def random_code(chance: random.Random) -> bytes:
    """Valid ones, and ones with something wrong about them."""
    codes = [0x20, 0x00, 0x01, 0x60, 0x61, 0x02, 0x03, 0x80, 0x81, 0x04, 0x0c, 0x14, 0x24, 0x34,
             0x3c, 0x44, 0x54, 0x64, 0x6c, 0x74, 0x84, 0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25, 0x35,
             0x45, 0x06, 0x16, 0x07, 0x87, 0x94, 0x28, 0x30, 0x40, 0xb1, 0x0e, 0x55, 0x8c, 0x125]
    length = chance.randint(1, 8)
    code = b""
    for i in range(length):
        last = i + 1 == length
        one = chance.choice([0x06, 0x16]) if last and chance.random() < .9 else chance.choice(codes)
        k = chance.choice([0, 1, 2, 4, 15, 16, 31, 32, 60, 62, 64, chance.getrandbits(32)])
        jump = [chance.randint(0, max(0, length - i - 1)) for _ in range(2)]
        code += struct.pack("<HBBI", one, *jump, k)
    return code


def random_filter(chance: random.Random) -> bytes:
    """socket() gets an errno that is computed from its arguments; everything else passes."""
    words = [16, 20, 24, 28, 32, 36, 0, 4]
    body = [(0x20, 0, 0, chance.choice(words)), (0x07, 0, 0, 0), (0x02, 0, 0, 1),
            (0x20, 0, 0, chance.choice(words))]
    alu = [0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74,
           0x7c, 0x84, 0xa4, 0xac, 0x07, 0x87, 0x60, 0x61, 0x80]
    for _ in range(12):
        kind = chance.random()
        if kind < .2:
            body.append((0x20, 0, 0, chance.choice(words)))
        elif kind < .4:
            body.append((chance.choice([0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d]),
                         chance.randint(0, 1), chance.randint(0, 1),
                         chance.choice([0, 1, 2, 17, 0x80000000, 0x7fffffff])))
            body.append((0x04, 0, 0, chance.getrandbits(8)))
            body.append((0x24, 0, 0, 3))
        else:
            code = chance.choice(alu)
            k = chance.getrandbits(32) | 1
            if code in (0x64, 0x74):
                k %= 32
            if code in (0x60, 0x61):
                k = 1
            body.append((code, 0, 0, k))
    body += [(0x54, 0, 0, 0xff), (0x44, 0, 0, 0x50100), (0x16, 0, 0, 0)]
    head = [(0x20, 0, 0, 0), (0x15, 1, 0, 41), (0x06, 0, 0, 0x7fff0000)]
    return b"".join(struct.pack("<HBBI", *one) for one in head + body)


class TestSeccomp(Seccomp):
    def test_the_profile_that_debian_ships(self):
        if not os.path.exists(SHIPPED):
            self.skipTest("golang-github-containers-common is not installed")
        for flags in ([], ["--as", "nobody"]):
            filtered, calls = self.compare([SHIPPED], *flags)
            print(f"{SHIPPED} {flags}: {calls} calls, {filtered} answered by it")
        self.assertGreater(filtered, 0)

    def test_profiles_about_each_argument(self):
        for name, content in PROFILES.items():
            filtered, calls = self.compare([self.put(name + ".json", content)])
            print(f"{name}: {calls} calls, {filtered} answered by it")
            self.assertTrue(0 < filtered < calls, name)

    def test_several_filters(self):
        names = ("family", "type", "protocol")
        files = [self.put(name + ".json", PROFILES[name]) for name in names]
        self.compare(files)
        self.compare(files[::-1])

    def test_x32(self):
        """Refused where a profile does not name it; the kernel's own answer where it does."""
        self.compare([self.put("a.json", PROFILES["family"])], "--abi", "x32", number=41 | X32_BIT)
        named = PROFILES["family"] | {"architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"]}
        self.compare([self.put("b.json", named)], "--abi", "x32", number=41 | X32_BIT)

    def test_socketpair(self):
        rules = [rule("ALLOW", (0, "EQ", 1, 0), names=["socketpair"])]
        self.compare([self.put("pair.json", profile(rules))], number=53, entry="socketpair")

    def test_io_uring_setup(self):
        for action, errno in (("ERRNO", 1), ("ALLOW", 0)):
            file = self.put("ring.json", profile([rule(action, names=["io_uring_setup"])],
                                                 defaultErrnoRet=5))
            said = self.ask([{"call": {"family": 2, "type": 1, "protocol": 0, "entry": "io_uring"},
                              "world": {"seccomp": file, "release": "6.12"}}])[0]
            code = self.compiled(file)

            def work():
                if load(code) != 0:
                    os._exit(REFUSED)
                LIBC.syscall(ctypes.c_long(425), ctypes.c_ulong(1), None)
                os._exit(ctypes.get_errno())

            real = os.waitstatus_to_exitcode(in_child(work))
            if action == "ERRNO":
                self.assertEqual((real, said["errno"]), (1, "EPERM"))
            else:  # EFAULT of the kernel, or its own refusal
                self.assertNotEqual(real, 5)
                self.assertNotEqual(said["rule"], "seccomp_filter")

    def test_what_the_kernel_refuses_is_refused(self):
        chance = random.Random(1)
        codes = [random_code(chance) for _ in range(RANDOM_CHECKED)]
        files = [self.put(f"{i}.bpf", code) for i, code in enumerate(codes)]
        call = {"family": 2, "type": 1, "protocol": 0}
        said = self.ask([{"call": call, "world": {"seccomp": file}} for file in files])
        loaded = 0
        for code, answer in zip(codes, said):
            status = in_child(lambda code=code: os._exit(REFUSED if load(code) else 0))
            refused = os.WIFEXITED(status) and os.WEXITSTATUS(status) == REFUSED
            loaded += not refused
            self.assertEqual(refused, "error" in answer, f"{code.hex(' ', 8)}: {answer}")
        print(f"{len(codes)} random filters, {loaded} of them loaded by the kernel")
        self.assertTrue(100 < loaded < len(codes) - 100)

    def test_what_random_filters_compute(self):
        chance = random.Random(2)
        for i in range(RANDOM_RUN):
            self.compare([self.put(f"random{i}.bpf", random_filter(chance))])


if __name__ == "__main__":
    Seccomp.tool = unit_main.take_program(__doc__)
    if os.uname().machine != "x86_64":
        print("the numbers of system calls here are x86_64's")
        sys.exit(4)
    unit_main.run()
