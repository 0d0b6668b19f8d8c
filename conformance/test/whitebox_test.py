#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`sockoracle check --deep` on the live kernel.

usage: whitebox_test.py SOCKORACLE [unittest arguments]
Exit status: 0 passed, 1 failed, 4 everything was skipped.
"""
import ctypes
import os
import re
import signal
import subprocess
import time
import unittest

import unit_main
import unprivileged

TOOL = None


def check(*arguments, run=subprocess.run):
    done = run([TOOL, "check", "--deep", *arguments], text=True, timeout=250,
               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr


def deep_line(text, oracle):
    """What the report says of an oracle."""
    lines = [line for line in text.splitlines() if line.startswith(f"deep: {oracle}: ")]
    assert len(lines) == 1, text
    return lines[0].split(": ", 2)[2]


def state_of_the_machine(pids=()):
    """What a check may not change; the processes are those of our checks."""
    with open("/proc/self/mountinfo") as file:
        state = {"mounts": file.read()}
    ours = tuple(f"sockoracle-{pid}-" for pid in pids)
    state["cgroups"] = sorted(
        os.path.join(folder, name) for folder, names, _ in os.walk("/sys/fs/cgroup")
        for name in names if ours and name.startswith(ours))
    state["bpffs"] = sorted(os.listdir("/sys/fs/bpf")) if os.path.isdir("/sys/fs/bpf") else []
    return state


class Fields(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root")
        cls.status, cls.out, cls.err = check("--context", "root", "--context", "ping-gid")
        if cls.status in (4, 69):
            raise unittest.SkipTest(cls.err or "everything was skipped")
        cls.said = deep_line(cls.out, "fields")
        if cls.said.startswith("skipped"):
            raise unittest.SkipTest(cls.said)

    def test_every_field_is_as_in_the_model(self):
        self.assertEqual(self.status, 0, self.out)
        values, fields, sockets = map(int, re.match(
            r"(\d+) values of (\d+) fields in (\d+) sockets", self.said).groups())
        self.assertGreater(values, 50000)
        self.assertGreater(fields, 100)
        self.assertGreater(sockets, 500)

    def test_a_wrong_expectation_is_found(self):
        # A number of its own, and a bit that BTF numbers.
        for behaviour, field in (("txrehash_from_sysctl", "sk_txrehash"),
                                 ("raw_rcu_free", "sk_flags.SOCK_RCU_FREE")):
            status, out, _ = check("--context", "root", "--without", behaviour)
            self.assertEqual(status, 1, out)
            self.assertIn(f"a fresh socket's {field}: got ", out)

    def test_without_privileges_it_is_skipped(self):
        status, out, err = check("--context", "userns-root", run=unprivileged.run)
        self.assertIn(status, (0, 4), err)
        self.assertIn("skipped", deep_line(out, "fields"))

    def test_only_the_host_can_be_looked_into(self):
        status, out, err = check("--subject", "6.12")
        self.assertEqual((status, out), (64, ""))
        self.assertIn("--deep", err)


class Steps(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")

    def live(self, *arguments):
        done = subprocess.run([TOOL, "explain", "--live", *arguments], text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode == 69:
            self.skipTest(done.stderr.strip())
        return done

    def test_the_kernel_takes_the_models_steps(self):
        status, out, err = check("--context", "root", "--context", "no-fd", "--context", "nobody")
        said = deep_line(out, "steps")
        if said.startswith("skipped"):
            self.skipTest(said)
        self.assertEqual(status, 0, out + err)
        steps, calls, given_back = map(int, re.match(
            r"(\d+) steps of (\d+) calls, (\d+) objects given back", said).groups())
        self.assertGreater(calls, 50)
        self.assertGreater(steps, 2 * calls)    # every call takes an inode and gives it back
        self.assertGreater(given_back, 2 * calls)

    def test_a_step_that_the_kernel_does_not_take_is_found(self):
        _, out, _ = check("--context", "root")
        if deep_line(out, "steps").startswith("skipped"):
            self.skipTest(deep_line(out, "steps"))
        status, out, _ = check("--context", "root", "--without", "udp_prod_queue")
        self.assertEqual(status, 1, out)
        self.assertRegex(out, "steps: got .*udp_prod_queue")

    def test_side_by_side(self):
        out = " ".join(self.live("socket(2, 3, 1)", "--as", "nobody").stdout.split())
        self.assertRegex(out, "ns_capable CAP_NET_RAW .* -> no +(cap_capable CAP_NET_RAW -> no)?")
        self.assertRegex(out, "alloc sock_inode_cache .* in sock_alloc_inode")
        self.assertRegex(out, "[Bb]oth asked for the same things in the same order")

    def test_what_live_does_not_take(self):
        for extra in (["--release", "6.12"], ["--format", "json"], ["--errno", "EPERM"],
                      ["--as", "somebody"]):
            done = subprocess.run([TOOL, "explain", "--live", "socket(2, 1, 0)", *extra],
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stdout), (64, ""), extra)
            self.assertEqual(done.stderr.count("\n"), 1)


class Policies(unittest.TestCase):
    def test_a_cgroup_that_denies(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        done = subprocess.run([TOOL, "check", "--context", "cgroup-deny"], text=True, timeout=100,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        reason = re.search(r"skipped: \d+ (needs a [^;]*)", done.stdout)
        if done.returncode == 4 and reason:
            self.skipTest(reason.group(1))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("in 1 context", done.stdout)
        # The same answers are wrong where nothing denies: the program is what made them.
        wrong = subprocess.run([TOOL, "check", "--context", "cgroup-deny",
                                "--without", "cgroup_bpf_sock_create"], text=True, timeout=100,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(wrong.returncode, 1, wrong.stdout)
        self.assertIn("got EPERM; ", wrong.stdout)


class Witnesses(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.status, cls.out, cls.err = check("--context", "root", "--context", "userns-root",
                                             "--context", "nobody", "--context", "cgroup-deny")

    def counts(self, oracle):
        said = deep_line(self.out, oracle)
        if said.startswith("skipped"):
            self.skipTest(said)
        return list(map(int, re.findall(r"\d+", said)))

    def test_how_far_calls_got(self):
        numbers, calls = self.counts("inodes")
        self.assertEqual(self.status, 0, self.out + self.err)
        self.assertGreater(numbers, 0)
        self.assertGreater(calls, numbers)      # some fail before sock_alloc

    def test_cgroup_hooks(self):
        calls, reached = self.counts("hooks")
        self.assertGreater(reached, 0)
        self.assertGreater(calls, reached)
        _, out, _ = check("--context", "root", "--without", "cgroup_bpf_release_hook")
        self.assertRegex(out, "the call's cgroup hooks: got created 1, released 1; "
                              ".* created 1, released 0")

    def test_announcements_of_sock_diag(self):
        ends, calls = self.counts("announcements")
        self.assertGreater(ends, 0)
        self.assertGreater(calls, ends)

    def test_entries(self):
        said = deep_line(self.out, "entries")
        if said.startswith("skipped"):
            self.skipTest(said)
        self.assertIn(" calls by socketpair", said)
        if "calls by io_uring," in said:
            # A user stages the second of them only.
            status, out, _ = check("--context", "root", "--context", "userns-root",
                                   "--without", "io_uring_socket")
            self.assertEqual(status, 1, out)
            self.assertRegex(out, "the answer through io_uring: got .*; .* EINVAL")


class Sandbox(unittest.TestCase):
    """A seccomp filter that refuses raw sockets is the environment's answer, not the kernel's."""

    def test_a_filters_answer_is_no_divergence(self):
        if os.uname().machine != "x86_64":
            self.skipTest("number of socket() unknown here")
        libc = ctypes.CDLL(None, use_errno=True)

        class Filter(ctypes.Structure):
            _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte),
                        ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]

        class Program(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(Filter))]

        load, equal, answer = 0x20, 0x15, 0x06
        eacces, allow = 0x00050000 | 13, 0x7fff0000
        filters = (Filter * 8)(
            Filter(load, 0, 0, 0), Filter(equal, 0, 5, 41),     # socket ...
            Filter(load, 0, 0, 16), Filter(equal, 0, 3, 2),     # (AF_INET, ...
            Filter(load, 0, 0, 24), Filter(equal, 0, 1, 3),     # SOCK_RAW, ...)
            Filter(answer, 0, 0, eacces), Filter(answer, 0, 0, allow))
        program = Program(8, filters)

        def refuse_raw():
            set_no_new_privs, set_seccomp, mode_filter = 38, 22, 2
            if (libc.prctl(set_no_new_privs, 1, 0, 0, 0) != 0 or
                    libc.prctl(set_seccomp, mode_filter, ctypes.byref(program)) != 0):
                os._exit(77)

        done = subprocess.run([TOOL, "check", "--context", "userns-root"], text=True, timeout=100,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=refuse_raw)
        if done.returncode in (77, 4):
            self.skipTest("no seccomp filters, or no user namespaces here")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("got EACCES; ", done.stdout)
        self.assertIn("this sandbox answers before the kernel's socket code does", done.stdout)
        # Without the filter a wrong answer stays one.
        wrong = subprocess.run([TOOL, "check", "--context", "userns-root", "--without",
                                "ipproto_max_263"], text=True, timeout=100,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(wrong.returncode, 1, wrong.stdout)


class Traces(unittest.TestCase):
    """What a check leaves on the machine: nothing, whenever it ends."""

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")

    def settled(self, before, pids):
        deadline = time.monotonic() + 20
        while state_of_the_machine(pids) != before and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(state_of_the_machine(pids), before)

    def start(self):
        return subprocess.Popen([TOOL, "check", "--deep"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def test_nothing_is_left_behind(self):
        before = state_of_the_machine()
        process = self.start()
        self.assertIn(process.wait(timeout=200), (0, 4))
        self.assertEqual(state_of_the_machine([process.pid]), before)

    def test_killed_at_any_moment_it_leaves_nothing(self):
        before, pids = state_of_the_machine(), []
        seen = False
        # The cgroup is made some milliseconds after the start: around there every moment counts.
        for milliseconds in (*range(4, 60, 2), 100, 300, 700, 1500, 3000, 5000):
            process = self.start()
            pids.append(process.pid)
            time.sleep(milliseconds / 1000)
            seen = seen or state_of_the_machine(pids) != before
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)
        self.settled(before, pids)
        # A container has no cgroup of its own to give.
        self.assertTrue(seen or check("--context", "cgroup-deny")[0] == 4,
                        "no check had a cgroup when it was killed")


if __name__ == "__main__":
    TOOL = unit_main.take_program(__doc__)
    unit_main.run()
