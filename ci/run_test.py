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
    "clang++-14": "exit 0",
}


def packages(group: str, optional: bool = False) -> str:
    rows = [line.split() for line in (RUN.parent / "packages.txt").read_text().splitlines()
            if line and not line.startswith("#")]
    return " ".join(row[0].split("|")[0] for row in rows
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

    def test_another_compiler_where_there_is_none_of_the_first(self) -> None:
        """Debian 13 has no clang-14."""
        unknown = "clang-14 libclang-rt-14-dev llvm-14"
        self.assertEqual(self.run_stage("deps", UNKNOWN=unknown).returncode, 0)
        words = self.log[1].split()
        for package in unknown.split():
            self.assertNotIn(package, words)
            self.assertIn(package.replace("14", "19"), words)
        # Once it is there nothing is asked of apt again; where the first can be had, it is.
        everything = f"{BUILD} {TEST} {OPTIONAL} libclang-rt-19-dev llvm-19".split()
        installed = " ".join(name for name in everything if name not in unknown.split())
        (self.folder / "log").unlink()
        self.run_stage("deps", UNKNOWN=unknown, INSTALLED=installed)
        self.assertEqual(self.log, [])
        self.run_stage("deps", INSTALLED=installed)
        self.assertIn(f"--no-install-recommends {unknown}", self.log[-1])

    def test_the_tests_preset_where_there_is_no_clang_14(self) -> None:
        for name in "sh env awk sed grep tr dirname basename nproc cat".split():
            (self.folder / name).symlink_to(f"/usr/bin/{name}")
        (self.folder / "clang++-14").unlink()
        machine = {"INSTALLED": f"{BUILD} {TEST} {OPTIONAL}", "PATH": str(self.folder)}
        done = self.run_stage("test", **machine)
        self.assertEqual(done.returncode, 69)
        self.assertIn("clang-14, or clang-19 in its place: neither", done.stderr)
        (self.folder / "clang++-19").write_text("#!/bin/sh\n")
        (self.folder / "clang++-19").chmod(0o755)
        self.assertEqual(self.run_stage("test", BROKEN="--build", **machine).returncode, 3)
        self.assertEqual(self.log[0], "cmake --preset dev-clang19")
        done = self.run_stage("coverage", **machine)
        self.assertEqual(done.returncode, 69)
        self.assertIn("needs clang-14", done.stderr)

    def test_slips_are_refused_before_anything_happens(self) -> None:
        slips = ("fuzz abc", "fuzz 60 nosuch", "afl x", "minimize 60", "hunt CVE-1", "kernels",
                 "kernels chek", "kernels check 9.9", "systems nope", "build nope", "build dev dev",
                 "site x", "lint x", "analyze x", "coverage x", "nightly x", "clean x",
                 "fuzz-coverage x", "test live", "deps --size nope", "deps build test",
                 "newcomer nope")
        for slip in slips:
            done = self.run_stage(*slip.split())
            self.assertEqual((done.returncode, done.stdout, self.log), (64, "", []), slip)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_what_a_group_weighs(self) -> None:
        shown = ('printf "Package: %s\\nSize: 1000000\\nInstalled-Size: 2048\\n\\n" a b; exit; ;; '
                 'esac; ' + TOOLS["apt-cache"])
        (self.folder / "apt-cache").write_text(
            f"#!/bin/sh\ncase $1 in show) {shown}\n")
        (self.folder / "apt-get").write_text("#!/bin/sh\nfor word do case $word in "
                                             "cmake) echo Inst a; echo Inst b;; esac; done\n")
        done = self.run_stage("deps", "--size", "build")
        self.assertEqual(done.returncode, 0, done.stderr)
        line = "2 packages, 2 MB to download, 4 MB installed"
        self.assertIn(f"Debian, on a bare system with git: {line}\n", done.stdout)
        self.assertIn(f"Debian, not installed here yet: {line}\n", done.stdout)
        self.assertEqual(self.log, [])

    def test_apt_failure_stops(self) -> None:
        self.assertEqual(self.run_stage("check", APT_STATUS="100").returncode, 100)
        self.assertEqual(len(self.log), 1)

    def test_without_root(self) -> None:
        done = self.run_stage("check", USER_ID="1000",
                              INSTALLED=f"{BUILD.replace('libfmt-dev ', '')} {OPTIONAL}")
        self.assertEqual((done.returncode, self.log), (69, []))
        self.assertEqual(done.stderr,
                         "ci/run: missing packages; as root: apt-get install libfmt-dev\n")

    def test_without_root_optional_is_left_out(self) -> None:
        done = self.run_stage("deps", USER_ID="1000", INSTALLED=f"{BUILD} {TEST}")
        self.assertEqual((done.returncode, self.log), (0, []))
        missing = [name for name in OPTIONAL.split() if name not in TEST.split()]
        self.assertIn(f"left out: {' '.join(missing)}", done.stderr)

    def test_the_first_of_several_that_the_distribution_has(self) -> None:
        rest = " ".join(name for name in OPTIONAL.split() if not name.startswith("clang"))
        self.run_stage("deps", "build", INSTALLED=f"{BUILD} {rest}", UNKNOWN="clang-14")
        self.assertEqual(self.log[1:], [
            "apt-get noninteractive -q install -y --no-install-recommends clang-19"])
        done = self.run_stage("deps", "build", INSTALLED=f"{BUILD} {rest}", USER_ID="1000")
        self.assertIn("left out: clang-14 or clang-19", done.stderr)
        done = self.run_stage("deps", "build", INSTALLED=f"{BUILD} {rest}",
                              UNKNOWN="clang-14 clang-19")
        self.assertIn("has no clang-14 or clang-19: what", done.stderr)
        done = self.run_stage("deps", "build", INSTALLED=f"{BUILD} {rest} clang-19",
                              UNKNOWN="clang-14")
        self.assertEqual(done.stderr, "")

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

    def test_a_table_is_kept_when_its_stage_ended_well(self) -> None:
        (self.folder / "docs/measured").mkdir(parents=True)
        table = self.folder / "docs/measured/bench.md"
        for status, kept in ((3, False), (0, True)):
            script = (f'run() {{ "$@"; }}\nsay() {{ :; }}\nasked=bench\n'
                      f'. {RUN.parent}/measured.sh\n'
                      f'measured bench "Speed" run sh -c "echo \'| a |\'; exit {status}"\n')
            done = subprocess.run(["sh", "-euc", script], cwd=self.folder, capture_output=True,
                                  text=True)
            self.assertEqual((done.returncode, done.stdout), (status, "| a |\n"), done.stderr)
            self.assertEqual(table.exists(), kept)
        self.assertTrue(table.read_text().startswith("# Speed\n\nWritten by `ci/run bench` on "))
        self.assertTrue(table.read_text().endswith("\n\n| a |\n"))

    def test_a_check_that_can_stage_nothing(self) -> None:
        """As in a container of Docker: ci/run builds a copy of itself here, with a tool that says
        so."""
        source = self.folder / "source"
        (source / "ci").mkdir(parents=True)
        for name in ("run", "deps.sh", "arguments.sh", "measured.sh", "fuzz.sh",
                     "packages.txt"):
            (source / "ci" / name).write_bytes((RUN.parent / name).read_bytes())
        tool = source / "build/release/conformance/sockoracle"
        tool.parent.mkdir(parents=True)
        for status, ends in ((0, 0), (1, 1), (4, 69)):
            tool.write_text(f"#!/bin/sh\nexit {status}\n")
            tool.chmod(0o755)
            machine = {"PATH": f"{self.folder}:/usr/bin:/bin", "USER_ID": "0",
                       "LOG": str(self.folder / "log"), "BROKEN": "(nothing)",
                       "INSTALLED": f"{BUILD} {OPTIONAL}"}
            done = subprocess.run(["sh", source / "ci/run", "check"], capture_output=True,
                                  text=True, env=machine)
            self.assertEqual(done.returncode, ends, done.stderr)
            self.assertEqual(done.stderr.count("ci/run: nothing can be staged here"), ends == 69)

    def test_arguments_of_ctest(self) -> None:
        self.run_stage("test", "-L", "live", INSTALLED=f"{BUILD} {TEST} {OPTIONAL}")
        self.assertTrue(self.log[-1].endswith("build/dev/ctest.log -L live"), self.log)

    def test_why_tests_were_skipped(self) -> None:
        report = self.folder / "junit.xml"
        report.write_text(
            '<testsuite><testcase name="a"><skipped/><system-out>say\nskipped: no sshd\n'
            '</system-out></testcase><testcase name="b"><skipped/><system-out>no sshd</system-out>'
            '</testcase><testcase name="c"><skipped/><system-out>x (T) ... skipped \'needs root\''
            '</system-out></testcase><testcase name="d"><system-out>e ... ok\ny (T) ... skipped '
            '"can\'t"\nOK</system-out></testcase><testcase name="f"><skipped/></testcase>'
            '</testsuite>')
        done = subprocess.run([RUN.parent / "skipped.py", report], capture_output=True, text=True)
        self.assertEqual(done.stdout, (
            "4 tests skipped, for what:\n  2  a, b: no sshd\n  1  f: it does not say why\n"
            "  1  c: needs root\n1 part of other tests skipped:\n  1  d: can't\n"))

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
