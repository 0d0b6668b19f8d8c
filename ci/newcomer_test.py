#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Rows of ci/newcomer, with this machine's own system in place of a bare one: each trait is what it
is called, nothing is left however a row ends, and verdicts are what they should be.

Exit status: 0 passed, 1 failed, 4 skipped.
"""

import importlib.machinery
import importlib.util
import os
import pathlib
import signal
import sys
import tempfile
import unittest
import unittest.mock

sys.dont_write_bytecode = True
CI = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(CI.parent / "conformance/test"))
import living  # noqa: E402  (the tests' helper)

LOADER = importlib.machinery.SourceFileLoader("newcomer", str(CI / "newcomer"))
newcomer = importlib.util.module_from_spec(importlib.util.spec_from_loader("newcomer", LOADER))
LOADER.exec_module(newcomer)

# What a command inside says of its surroundings, and what it says where a trait is set.
LOOKS = {
    "shm": "test -d /dev/shm && echo yes || echo no",
    "tracing": "test -d /sys/kernel/tracing && echo yes || echo no",
    "btf": "test -d /sys/kernel/btf && echo yes || echo no",
    "sys": "test -w /proc/sys/kernel/hostname && echo yes || echo no",
    "cores": "nproc",
    "user": "id -u",
    "userns": "unshare --user true 2>/dev/null && echo yes || echo no",
    "mount": "unshare --mount true 2>/dev/null && echo yes || echo no",
    "first": "test \"$(ps -o ppid= -p $$ | tr -d ' ')\" = 1 && echo yes || echo no",
    # A grandchild that ends after its parent: only a PID 1 that reaps takes it away.
    "zombie": "sh -c 'sleep 0.2 & echo $! >/tmp/pid'; sleep 1; "
              "test -d /proc/$(cat /tmp/pid) && echo yes || echo no",
    "vsock": f"{sys.executable} -c 'import socket; socket.socket(40, 1)' 2>&1 | tail -1 | "
             "grep -c 'not permitted'",
}
USUAL = {"shm": "yes", "sys": "yes", "user": "0", "mount": "yes", "zombie": "no", "vsock": "0"}


def run_row(traits, commands, folder):
    """Runs commands as a row does; what they said."""
    plan = {"lower": ["/"], "upper": None, "mount": str(newcomer.cache_folder() / "mnt"),
            "traits": traits.split(), "place": "/tmp/a place", "binds": {}, "commands": commands,
            "clone": "mkdir -p \"$PLACE\""}
    with open(folder / "log", "w+", encoding="utf-8") as log:
        said = newcomer.run_inside(plan, log)
        log.seek(0)
        return said, log.read()


class Namespaces(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir="/var/tmp")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        os.environ["SOCKORACLE_NEWCOMER"] = folder.name
        self.addCleanup(os.environ.pop, "SOCKORACLE_NEWCOMER")
        self.mounts = pathlib.Path("/proc/self/mountinfo").read_text()
        if os.geteuid() != 0:
            self.skipTest("needs root")
        said, text = run_row("root", {"check": "true"}, self.folder)
        if not said:
            self.skipTest(f"no overlay of this system: {text.strip().splitlines()[-1:]}")

    def tearDown(self):
        self.assertEqual(pathlib.Path("/proc/self/mountinfo").read_text(), self.mounts)

    def looks(self, traits):
        said, text = run_row(traits, {"check": " sh -c '" + "; ".join(
            f"printf \"{name} \"; {look}" for name, look in LOOKS.items()).replace(
                "'", "'\\''") + "'"}, self.folder)
        self.assertIn("check", said, text)
        rows = [line.split() for line in text.splitlines() if line.split()[:1] != ["==="]]
        return {row[0]: row[1] for row in rows if len(row) == 2 and row[0] in LOOKS}

    def test_traits_are_what_they_are_called(self):
        usual = self.looks("root")
        self.assertEqual({**usual, **USUAL}, usual)
        without = {"root pids": {"first": "yes"},
                   "root pids lazy": {"first": "yes", "zombie": "yes"},
                   "root pids no-shm": {"first": "yes", "shm": "no"},
                   "root no-tracing": {"tracing": "no"},
                   "root read-only-sys": {"sys": "no"},
                   "root one-core": {"cores": "1"},
                   "root chroot": {"userns": "no"},
                   "root docker": {"userns": "no", "mount": "no", "vsock": "1"}}
        for traits, changed in without.items():
            self.assertEqual(self.looks(traits), {**usual, **changed}, traits)
        self.assertEqual(self.looks("user")["user"], "1000")

    def test_nothing_outlives_a_row(self):
        for traits in ("root", "root pids", "root pids lazy"):
            run_row(traits, {"check": "sh -c 'setsid sleep 3217 & sleep 0.3'"}, self.folder)
            self.assertEqual(self.sleeping(), [], traits)

    def test_an_interrupted_row_ends_in_order(self):
        for traits in ("root", "root pids"):
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGTERM, signal.default_int_handler)
                try:
                    run_row(traits, {"check": "sh -c 'setsid sleep 3217 & sleep 3217'"},
                            self.folder)
                except KeyboardInterrupt:
                    os._exit(130)
                os._exit(0)
            self.assertTrue(living.until(lambda: len(self.sleeping()) == 2, 30), traits)
            os.kill(pid, signal.SIGTERM)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 130)
            self.assertTrue(living.until(lambda: not self.sleeping(), 5), traits)

    def sleeping(self):
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if path.read_bytes() == b"sleep\0003217\0" and living.living(int(path.parent.name)):
                    found.append(int(path.parent.name))
            except OSError:
                pass
        return found


class Verdicts(unittest.TestCase):
    def test_verdicts(self):
        judge = newcomer.verdict
        self.assertEqual(judge("test", {}, ""), (False, "not run"))
        text = ("4 tests skipped, for what:\n98% tests passed, 2 tests failed out of 80\n")
        self.assertEqual(judge("test", {"test": [8, 61.2]}, text),
                         (False, "exit 8, 74 passed, 4 skipped, 2 failed, 61 s"))
        text = ("231443 cases checked in 19 contexts, 49682 skipped: 3 x; ...\n"
                "0 unexpected findings, 0 known deviations, 0 stale deviations\n")
        self.assertEqual(judge("check", {"check": [0, 2]}, text),
                         (True, "exit 0, 231443 cases, 49682 skipped, 0 findings, 2 s"))
        missing = "+ cmake\nci/run: missing packages; as root: apt-get install cmake\n"
        self.assertTrue(judge("check", {"check": [69, 1]}, missing)[0])
        self.assertFalse(judge("check", {"check": [69, 1]}, missing + "ci/run: and more\n")[0])
        self.assertFalse(judge("check", {"check": [1, 1]}, text)[0])

    def test_what_a_row_starts_from_runs_before_it(self):
        with tempfile.TemporaryDirectory() as cache, \
                unittest.mock.patch.dict(os.environ, SOCKORACLE_NEWCOMER=cache):
            def names():
                return [row.name for row in newcomer.in_order(["blanks", "bare-user"])]
            self.assertEqual(names(), ["bare-user", "root-12", "user-12", "blanks"])
            pathlib.Path(cache, "12/in-root/root/sockoracle/build").mkdir(parents=True)
            self.assertEqual(names(), ["bare-user", "user-12", "blanks"])
        self.assertEqual([row.name for row in newcomer.in_order(["slow-disk"])], ["slow-disk"])
        self.assertEqual(newcomer.in_order([]), [
            *dict.fromkeys(newcomer.in_order([row.name for row in newcomer.ROWS]))])
        self.assertEqual(len(newcomer.in_order([])), len(newcomer.ROWS))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(4 if len(result.skipped) == result.testsRun else 0)
