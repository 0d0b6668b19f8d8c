#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What ci/run does on machines that this one is not: tools are replaced by scripts that say what
they were asked. Nothing is installed or built."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

RUN = pathlib.Path(__file__).resolve().parent / "run"

# Stand-ins, found first in PATH. $LOG gets one line per call that changes the machine.
TOOLS = {
    "dpkg-query": 'case " $INSTALLED " in *" $4 "*) printf installed ;; *) exit 1 ;; esac',
    "apt-cache": 'case " $UNKNOWN " in *" $2 "*) exit 0 ;; esac; echo "  Candidate: 1.0"',
    "apt-get": 'echo "apt-get $DEBIAN_FRONTEND $*" >> "$LOG"; exit "${APT_STATUS:-0}"',
    "id": 'echo "$USER_ID"',
    "cmake": 'echo "cmake $*" >> "$LOG"; case "$*" in *"$BROKEN"*) exit 3 ;; esac',
    "ctest": 'echo "ctest $*" >> "$LOG"; exit 8',
}


def packages(group: str, optional: bool = False) -> str:
    rows = [line.split() for line in (RUN.parent / "packages.txt").read_text().splitlines()
            if line and not line.startswith("#")]
    return " ".join(row[0] for row in rows
                    if group in row[1].split(",") and (row[2:] == ["optional"]) == optional)


BUILD = packages("build")
TEST = packages("test")
OPTIONAL = f"{packages('build', optional=True)} {packages('test', optional=True)}".strip()


class RunTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name, body in TOOLS.items():
            tool = self.folder / name
            tool.write_text(f"#!/bin/sh\n{body}\n")
            tool.chmod(0o755)

    def run_stage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        environment = {"PATH": f"{self.folder}:/usr/bin:/bin", "LOG": str(self.folder / "log"),
                       "INSTALLED": "", "UNKNOWN": "", "USER_ID": "0", "BROKEN": "(nothing)",
                       **variables}
        return subprocess.run([str(RUN), *arguments], env=environment, cwd="/",
                              capture_output=True, text=True)

    @property
    def log(self) -> list[str]:
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []

    def test_help(self) -> None:
        for arguments in ((), ("help",), ("--help",)):
            done = self.run_stage(*arguments)
            self.assertEqual(done.returncode, 0)
            self.assertIn("usage: ci/run STAGE", done.stdout)

    def test_unknown_stage(self) -> None:
        done = self.run_stage("tset")
        self.assertEqual((done.returncode, done.stdout), (64, ""))
        self.assertIn("no stage 'tset'; stages: test check", done.stderr)

    def test_unknown_group(self) -> None:
        self.assertEqual(self.run_stage("deps", "all").returncode, 64)

    def test_bad_job_count(self) -> None:
        done = self.run_stage("build", SOCKORACLE_JOBS="many")
        self.assertEqual(done.returncode, 64)
        self.assertIn("SOCKORACLE_JOBS=many", done.stderr)
        self.assertEqual(self.log, [])

    def test_all_installed_calls_no_apt(self) -> None:
        done = self.run_stage("deps", INSTALLED=f"{BUILD} {TEST} {OPTIONAL}")
        self.assertEqual((done.returncode, self.log), (0, []))

    def test_bare_machine(self) -> None:
        done = self.run_stage("deps")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.log, [
            "apt-get noninteractive -q update",
            "apt-get noninteractive -q install -y --no-install-recommends "
            f"{BUILD} {TEST} {OPTIONAL}",
        ])

    def test_only_what_is_missing(self) -> None:
        self.run_stage("deps", "build", INSTALLED=f"{BUILD.replace('cmake ', '')} {OPTIONAL}")
        self.assertEqual(self.log[1:], [
            "apt-get noninteractive -q install -y --no-install-recommends cmake"])

    def test_optional_package_unknown_here(self) -> None:
        done = self.run_stage("deps", INSTALLED=f"{BUILD} {TEST}", UNKNOWN=OPTIONAL)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.log, ["apt-get noninteractive -q update"])
        self.assertIn("no clang-19", done.stderr)

    def test_apt_failure_stops(self) -> None:
        self.assertEqual(self.run_stage("check", APT_STATUS="100").returncode, 100)
        self.assertEqual(len(self.log), 1)

    def test_without_root(self) -> None:
        done = self.run_stage("check", USER_ID="1000",
                              INSTALLED=f"{BUILD.replace('libfmt-dev ', '')} {OPTIONAL}")
        self.assertEqual((done.returncode, self.log), (69, []))
        self.assertIn("missing packages: libfmt-dev", done.stderr)

    def test_without_root_optional_is_left_out(self) -> None:
        done = self.run_stage("deps", USER_ID="1000", INSTALLED=f"{BUILD} {TEST}")
        self.assertEqual((done.returncode, self.log), (0, []))
        self.assertIn(f"left out: {OPTIONAL}", done.stderr)

    def test_failing_build_stops_before_the_tests(self) -> None:
        done = self.run_stage("test", INSTALLED=f"{BUILD} {TEST} {OPTIONAL}", BROKEN="--build",
                              SOCKORACLE_JOBS="2")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(self.log, ["cmake --preset dev",
                                    "cmake --build --preset dev --parallel 2"])

    def test_failing_tests_stop_with_their_status(self) -> None:
        done = self.run_stage("test", INSTALLED=f"{BUILD} {TEST} {OPTIONAL}")
        self.assertEqual(done.returncode, 8)
        self.assertIn("ctest --preset dev", self.log[-1])

    def test_the_pages_tests_work_with_debian_12s_node(self) -> None:
        """Its Node is 18: a package that wants a newer one ends `ci/run site` with a traceback."""
        lock = RUN.parent.parent / "conformance/test/browser/package-lock.json"
        wanted = {name: package["engines"]["node"]
                  for name, package in json.loads(lock.read_text())["packages"].items()
                  if not package.get("optional") and "node" in package.get("engines", {})}
        self.assertIn("node_modules/playwright-core", wanted)
        for name, versions in wanted.items():
            ranges = [re.fullmatch(r"(>= ?|\^)?(\d+)[.\dx]*|\*", part.strip())
                      for part in versions.split("||")]
            self.assertTrue(all(ranges), f"{name}: {versions}")
            self.assertTrue(any(not found[2] or int(found[2]) == 18 or
                                (found[1] or "").startswith(">") and int(found[2]) < 18
                                for found in ranges), f"{name} wants Node {versions}")


if __name__ == "__main__":
    unittest.main()
