#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the tests' helpers say of processes that nobody reaped, and of programs that another user
cannot reach."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import living
import unprivileged


class Living(unittest.TestCase):
    def setUp(self) -> None:
        # The leader of a group, and one more in it; both live until their pipe is closed.
        self.read, self.write = os.pipe()
        self.leader = self.fork(0)
        self.other = self.fork(self.leader)

    def fork(self, group: int) -> int:
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, group)
            os.close(self.write)
            os.read(self.read, 1)
            os._exit(0)
        os.setpgid(pid, group or pid)
        return pid

    def test_a_zombie_is_not_alive(self) -> None:
        both = sorted([self.leader, self.other])
        self.assertEqual(living.living_in_group(self.leader), both)
        self.assertTrue(set(both) <= set(living.children_of(os.getpid())))
        os.close(self.write)
        ended = living.until(lambda: not living.living(self.leader) and
                             not living.living(self.other), 20)
        self.assertTrue(ended)
        # Nobody asked yet: a look into /proc and a signal still find both.
        for pid in both:
            self.assertTrue(pathlib.Path(f"/proc/{pid}").exists())
        os.killpg(self.leader, 0)
        self.assertEqual(living.living_in_group(self.leader), [])
        self.assertFalse(set(both) & set(living.children_of(os.getpid())))
        for pid in both:
            os.waitpid(pid, 0)
        self.assertFalse(living.living(self.leader))
        os.close(self.read)


class Unprivileged(unittest.TestCase):
    def test_a_program_in_a_closed_folder(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("needs root")
        with tempfile.TemporaryDirectory() as folder:      # 0700, as /root is
            program = pathlib.Path(folder) / "a program"
            program.write_text("#!/bin/sh\nid -u; pwd\n")
            program.chmod(0o700)
            with self.assertRaises(PermissionError):
                subprocess.run([program], cwd="/", **unprivileged.NOBODY)
            done = unprivileged.run([str(program)], stdout=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "65534\n/\n"))

    def test_nothing_stays(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("needs root")
        with tempfile.TemporaryDirectory() as there:
            os.chmod(there, 0o755)
            former, tempfile.tempdir = tempfile.tempdir, there
            try:
                unprivileged.run(["/bin/true"])
            finally:
                tempfile.tempdir = former
            self.assertEqual(os.listdir(there), [])


if __name__ == "__main__":
    sys.exit(unittest.main())
