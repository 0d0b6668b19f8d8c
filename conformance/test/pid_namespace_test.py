#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The running kernel is looked into from inside PID namespaces: there the probe goes by a number
that is somebody else's in the initial one.

usage: pid_namespace_test.py SOCKORACLE [unittest arguments]
Exit status: 0 passed, 1 failed, 4 everything was skipped.
"""
import os
import re
import socket
import subprocess
import threading
import time
import unittest

import unit_main

TOOL = None
NEW_NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
# Counters that the kernel keeps for all processes: other tests may be running.
ORACLES = ("fields", "steps", "functions", "hooks")


def run(levels, *arguments, before=None):
    """The program that many namespaces deep; `before` is a line of sh."""
    command = [TOOL, *arguments]
    if before:
        command = ["sh", "-c", before + '; "$@"', "sh", *command]
    done = subprocess.run([*NEW_NAMESPACE * levels, *command], text=True, timeout=250,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr


def deep_lines(text):
    """What the report says of each oracle."""
    return dict(re.findall(r"^deep: ([a-z]+): (.*)$", text, re.MULTILINE))


class Strangers:
    """Threads that open and close sockets, with numbers that stand side by side."""

    COUNT = 150

    def __enter__(self):
        self.go_on, self.calls, self.refused, self.numbers = True, 0, [], []
        self.threads = [threading.Thread(target=self.work) for _ in range(self.COUNT)]
        for thread in self.threads:
            thread.start()
        return self

    def work(self):
        self.numbers.append(threading.get_native_id())
        while self.go_on:
            try:
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
                self.calls += 1
            except OSError as error:
                self.refused.append(str(error))
            time.sleep(0.2)

    def __exit__(self, *_):
        self.go_on = False
        for thread in self.threads:
            thread.join()


class PidNamespaces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root")
        made = subprocess.run([*NEW_NAMESPACE, "true"], text=True, stderr=subprocess.PIPE)
        if made.returncode != 0:
            raise unittest.SkipTest(f"no PID namespace: {made.stderr.strip()}")
        cls.contexts = [word for name in ("root", "nobody") for word in ("--context", name)]
        _, out, err = run(0, "check", "--deep", *cls.contexts)
        cls.outside = deep_lines(out)
        if not cls.outside:
            raise unittest.SkipTest(err)

    def as_outside(self, answer):
        status, out, err = answer
        self.assertIn(status, (0, 4), out + err)
        inside = deep_lines(out)
        for oracle in ORACLES:
            if not self.outside[oracle].startswith("skipped"):
                self.assertFalse(inside[oracle].startswith("skipped"), out)
                self.assertNotRegex(inside[oracle], r"\b0 (steps|values|reached)", out)

    def test_one_deep(self):
        self.as_outside(run(1, "check", "--deep", *self.contexts))

    def test_two_deep(self):
        self.as_outside(run(2, "check", "--deep", *self.contexts))

    def test_proc_of_the_namespace_above(self):
        namespace = [word for word in NEW_NAMESPACE if word != "--mount-proc"]
        done = subprocess.run([*namespace, TOOL, "check", "--deep", *self.contexts], text=True,
                              timeout=250, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        self.as_outside((done.returncode, done.stdout, done.stderr))

    def test_live(self):
        if self.outside["steps"].startswith("skipped"):
            self.skipTest(self.outside["steps"])
        for levels in (0, 1, 2):
            status, out, err = run(levels, "explain", "--live", "socket(2, 3, 1)", "--as", "nobody")
            self.assertEqual(status, 0, err)
            out = " ".join(out.split())  # broken at 100 columns
            self.assertRegex(out, "alloc sock_inode_cache .* in sock_alloc_inode")
            self.assertRegex(out, "[Bb]oth asked for the same things in the same order")

    def test_strangers_with_the_same_numbers(self):
        # A namespace's own sysctl: the number after which its next process is counted.
        with Strangers() as strangers:
            first = min(strangers.numbers)
            line = (f"echo {first} >/proc/sys/kernel/ns_last_pid || exit 77; "
                    "test $(sh -c 'echo $$') -gt " + str(first) + " || exit 77")
            answer = run(1, "check", "--deep", *self.contexts, "--context", "lsm-deny-create",
                         before=line)
        if answer[0] == 77:
            self.skipTest("ns_last_pid cannot be written")
        self.as_outside(answer)
        self.assertGreater(strangers.calls, strangers.COUNT)
        self.assertEqual(strangers.refused, [])


if __name__ == "__main__":
    TOOL = unit_main.take_program(__doc__)
    unit_main.run()
