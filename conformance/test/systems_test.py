#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Other systems as subjects: launchers of every kind, and the named ones really run.

usage: systems_test.py SOCKORACLE launch|ssh|NAME

`launch` tries launchers that are there everywhere: a shell, a missing program, one that dies, one
that talks. `ssh` goes to another machine, which is this one. NAME is a subject of `sockoracle list
subjects`: it is checked against the model, with its deviations. Exit status: 0 passed, 1 failed,
4 skipped, because NAME, or sshd, is not installed here.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import living
import ssh_machine
import unprivileged
from living import until

FAILURES = []


def expect(condition, what):
    if not condition:
        FAILURES.append(what)
        print(f"FAILED: {what}", flush=True)


class Tool:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.environment = dict(os.environ, TMPDIR=str(folder))

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments], capture_output=True, text=True,
                              timeout=240, env=self.environment)

    def check(self, launcher):
        return self.run("check", "--subject", f"cmd:{launcher}", "--context", "root", "--format",
                        "json")

    def left_behind(self):
        return sorted(path.name for path in self.folder.iterdir())

    def left_running(self):
        """Whoever inherited our folder for temporary files, but for this test."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"TMPDIR={self.folder}".encode() in path.read_bytes():
                    found.append((path.with_name("cmdline").read_text()).replace("\0", " "))
            except OSError:
                pass
        return found


def checked(done):
    try:
        return json.loads(done.stdout)["comparisons"][0]["checked_cases"]
    except (ValueError, LookupError):
        return 0


def test_launchers_that_work(tool):
    """A launcher changes nothing: the answers are those of this machine's kernel."""
    direct = tool.check("env")
    expect(checked(direct) > 10000, f"env as launcher: {direct.stderr}")
    for launcher in ("sh -c '\"$0\"'", "sh -c 'exec {probe}'", "env 'A= b' \"C=\\\"\" D=\\ e",
                     "sh -c 'echo talk >&2; exec \"$0\"'"):
        done = tool.check(launcher)
        expect(done.stdout == direct.stdout, f"{launcher}: as without it: {done.stderr}")
    expect(tool.left_behind() == [], f"nothing is left: {tool.left_behind()}")


def test_launchers_that_do_not(tool):
    refused = [
        ("no-such-launcher --flag", 69, "needs the program no-such-launcher"),
        ("false", 69, "ended with status 1"),
        ("sh -c 'echo the sandbox is broken >&2; exit 3'", 69, "the sandbox is broken"),
        ("sh -c 'echo no such image >&2; echo Run it --help >&2; exit 125'", 69, "no such image"),
        ("sh -c 'kill -9 $$'", 69, "killed by Killed"),
        ("sh -c 'echo Welcome; exec \"$0\"'", 69, 'said "Welcome"'),
        ("sh -c 'exec >&2; cat >/dev/null; exit 5'", 69, "ended with status 5"),
        ("sh -c 'exec >&2; exec sleep 1000'", 69, "closed its output"),
        ("sh -c 'sed s/6/9/g \"$0\" >/dev/null; exit 0'", 69, "ended with status 0"),
        ("'unclosed", 64, "'"),
        ('"unclosed', 64, '"'),
        ("end\\", 64, "\\"),
        ("  ", 64, "accepted is a command"),
        ("", 64, "accepted is a command"),
    ]
    for launcher, status, words in refused:
        done = tool.check(launcher)
        expect(done.returncode == status, f"{launcher}: exit status {done.returncode}")
        expect(words in done.stderr, f"{launcher}: says so: {done.stderr!r}")
        expect(len(done.stderr.splitlines()) == 1, f"{launcher}: one line: {done.stderr!r}")
        expect(done.stdout == "", f"{launcher}: no report")
    expect(until(lambda: tool.left_behind() == []), f"nothing is left: {tool.left_behind()}")


def test_another_release(tool):
    """What the subject is compared with can be chosen, and the title says so."""
    done = tool.run("check", "--subject", "cmd:env", "--context", "root", "--release", "3.12")
    title = done.stdout.split("\n", 1)[0]
    expect(title.endswith("against Linux 3.12 (as chosen)"), f"title {title!r}")
    expect(done.returncode == 1, "this kernel is not Linux 3.12")


def test_ends_however_it_ends(tool):
    """The probe's file and the launcher go even where this program is killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        mark = tool.folder / "pid"
        launcher = f"cmd:sh -c 'echo $$ >{mark}; exec sleep 1000'"
        asking = subprocess.Popen([tool.program, "check", "--subject", launcher],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  env=tool.environment)
        expect(until(lambda: mark.exists() and mark.read_text().strip()), "the launcher started")
        pid = int(mark.read_text())
        expect(len(tool.left_behind()) == 2, f"the probe lies there: {tool.left_behind()}")
        asking.send_signal(number)
        expect(asking.wait(timeout=60) == -number, f"ended by signal {number}")
        expect(until(lambda: not living.living(pid)),
               f"signal {number}: the launcher is gone")
        mark.unlink()
        expect(until(lambda: tool.left_behind() == []), f"signal {number}: {tool.left_behind()}")


def test_recording(tool):
    """A recording of another system is compared as the system itself is."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "r.jsonl"
        done = tool.run("record", "--subject", "seccomp-docker", "--context", "root", "-o",
                        str(path))
        expect(done.returncode == 0, f"recorded: {done.stderr}")
        expect(json.loads(path.read_text().split("\n", 1)[0])["subject"] == "seccomp-docker",
               "the recording names its subject")
        again = tool.run("check", str(path), "--format", "json")
        findings = json.loads(again.stdout)["comparisons"][0]["findings"]
        expect([f["got"] for f in findings if f["known"]] == ["EPERM", "EPERM"],
               "its deviations are known")


def test_another_machine(tool, there):
    """The answers are those of the other machine's kernel, here this one's."""
    direct = tool.run("check", "--subject", "cmd:env", "--format", "json")
    done = tool.run("check", "--subject", there.subject("box"), "--format", "json")
    expect(checked(direct) > 10000, f"env as launcher: {direct.stderr}")
    expect(done.stdout == direct.stdout, f"as without ssh: {done.stderr}")
    expect(done.returncode == direct.returncode == 0, f"conforms: {done.returncode}")
    script = there.folder / "script"
    script.write_text("#!/bin/sh\ncat; exit 7\n")
    launcher = str(pathlib.Path(tool.program).with_name("sockoracle-ssh"))
    done = subprocess.run([launcher, "-F", str(there.config), "box", str(script)], input="a\nb",
                          capture_output=True, text=True, timeout=60)
    expect((done.returncode, done.stdout, done.stderr) == (7, "a\nb", ""),
           f"input, output and exit status pass: {done}")
    expect(there.files() == [], f"nothing is left there: {there.files()}")


def test_machines_out_of_reach(tool, there):
    for host, words in (("deaf", "Connection refused"), ("stranger", "Permission denied"),
                        ("impostor", "Host key verification failed"),
                        ("full", "No such file or directory")):
        done = tool.run("check", "--subject", there.subject(host))
        expect(done.returncode == 69, f"{host}: exit status {done.returncode}")
        expect(words in done.stderr and len(done.stderr.splitlines()) == 1,
               f"{host}: one line says so: {done.stderr!r}")
    expect(until(lambda: tool.left_behind() == []), f"nothing is left: {tool.left_behind()}")


def test_nothing_stays_there(tool, there):
    """However this program ends, in the middle of the answers or while the probe travels."""
    for number, delay in ((signal.SIGINT, None), (signal.SIGTERM, None), (signal.SIGKILL, None),
                          *((signal.SIGKILL, step / 20) for step in range(1, 7))):
        what = f"signal {number} after {delay or 'the start'}"
        asking = subprocess.Popen([tool.program, "check", "--subject", there.subject("box")],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  env=tool.environment)
        if delay is None:
            expect(until(there.processes), f"{what}: the probe runs there")
        else:
            time.sleep(delay)
        asking.send_signal(number)
        expect(asking.wait(timeout=60) == -number, f"{what}: ended")
        expect(until(lambda: not there.processes()), f"{what}: {there.processes()} runs there")
        expect(until(lambda: not there.files()), f"{what}: {there.files()} lies there")
        expect(until(lambda: not tool.left_behind()), f"{what}: {tool.left_behind()} lies here")


def test_ssh(tool):
    if ssh_machine.sshd() is None:
        print("skipped: sshd is not installed (ci/run deps services)")
        return 4
    with ssh_machine.SshMachine() as there:
        reason = there.why_not()
        if reason:
            print(f"skipped: an sshd of one's own lets nobody in here: {reason}")
            return 4
        test_another_machine(tool, there)
        test_machines_out_of_reach(tool, there)
        test_nothing_stays_there(tool, there)
    return 1 if FAILURES else 0


def test_killed(tool, name):
    """An engine, a sandbox, an emulator: all of it goes, with its cgroups."""
    asking = subprocess.Popen([tool.program, "check", "--subject", name], env=tool.environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    expect(until(tool.left_running), f"{name} runs")
    time.sleep(0.5)
    asking.kill()
    asking.wait(timeout=60)
    expect(until(lambda: not tool.left_running()), f"killed: {tool.left_running()} runs")
    expect(until(lambda: not tool.left_behind()), f"killed: {tool.left_behind()} lies here")
    every = pathlib.Path("/sys/fs/cgroup")
    cgroups = [str(path) for path in every.glob("**/sockoracle-container-*")]
    expect(cgroups == [], f"killed: {cgroups}")


def test_named(tool, name):
    """The system really runs here. 69 means it cannot, with the reason."""
    done = tool.run("check", "--subject", name, "--format", "json")
    if done.returncode == 69:
        print(f"skipped: {done.stderr.strip()}")
        return 4
    report = json.loads(done.stdout)["comparisons"][0]
    if report["checked_cases"] == 0:
        print(f"skipped: {unprivileged.why_skipped(tool.run('check', '--subject', name))}")
        return 4
    for finding in report["findings"]:
        expect(finding["known"], f"{finding['smallest']}: {finding['sentence']}")
    expect(report["stale"] == [], f"stale: {report['stale']}")
    few = 50000 if os.geteuid() == 0 else 10000     # a user stages fewer contexts
    expect(report["checked_cases"] > few, f"only {report['checked_cases']} cases")
    # Docker's engine refuses no family in the version that Debian 12 has.
    expect(report["findings"] != [] or name == "docker",
           "a system that differs nowhere needs no deviations")
    expect(done.returncode == 0, f"exit status {done.returncode}: {done.stderr}")
    expect(until(lambda: tool.left_behind() == []), f"nothing is left: {tool.left_behind()}")
    test_killed(tool, name)
    return 1 if FAILURES else 0


def main():
    if len(sys.argv) != 3 or not pathlib.Path(sys.argv[1]).is_file():
        print("usage: systems_test.py SOCKORACLE launch|ssh|NAME", file=sys.stderr)
        return 64
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(sys.argv[1], pathlib.Path(folder))
        if sys.argv[2] == "ssh":
            return test_ssh(tool)
        if sys.argv[2] != "launch":
            return test_named(tool, sys.argv[2])
        staged = tool.run("check", "--context", "root")
        if staged.returncode != 4:
            test_launchers_that_work(tool)
            test_another_release(tool)
            test_recording(tool)
        else:       # a container, or not root
            print(f"launchers that work ... skipped '{unprivileged.why_skipped(staged)}'")
        test_launchers_that_do_not(tool)
        test_ends_however_it_ends(tool)
    print(f"{len(FAILURES)} failures")
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
