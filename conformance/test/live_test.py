#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Asking the live kernel leaves the machine as it was, and ends well however it is ended.

usage: live_test.py SOCKORACLE

Exit status: 0 passed, 1 failed, 4 this kernel cannot be asked.
"""

import glob
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import unprivileged
from living import children_of, until

FAILURES = []


def expect(condition, what):
    if not condition:
        FAILURES.append(what)
        print(f"FAILED: {what}", flush=True)


def text_of(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError as error:
        return f"({error.strerror})"


def sysctls():
    """What contexts set somewhere, and what module loading depends on."""
    paths = sorted(glob.glob("/proc/sys/net/ipv4/*") + glob.glob("/proc/sys/net/core/*") +
                   glob.glob("/proc/sys/net/mptcp/*") + glob.glob("/proc/sys/net/ipv6/*") +
                   ["/proc/sys/kernel/modprobe", "/proc/sys/fs/file-max"])
    volatile = {"/proc/sys/net/ipv4/tcp_fastopen_key"}
    return {path: text_of(path) for path in paths if path not in volatile}


def module_names():
    return sorted(line.split()[0] for line in text_of("/proc/modules").splitlines() if line)


def probes():
    """Processes of the probe: its own and those of its contexts."""
    found = set()
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        if text_of(path).split("\0")[0] == "sockoracle-probe":
            found.add(int(path.split("/")[2]))
    return found


def cgroups_of(pid):
    """The directories that a check of that process made; none where cgroup2 is not mounted."""
    return [os.path.join(folder, name) for folder, names, _ in os.walk("/sys/fs/cgroup")
            for name in names if name.startswith(f"sockoracle-{pid}-")]


def machine():
    return {"modules": module_names(), "mounts": text_of("/proc/self/mountinfo"),
            "sysctls": sysctls(), "cgroup": text_of("/proc/self/cgroup")}


def run(*arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=240, **options)


def start_recording(program, path):
    """A `record` whose probe is at work."""
    recorder = subprocess.Popen([program, "record", "--subject", "host", "-o", str(path)],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    def at_work():
        return any(text_of(f"/proc/{pid}/cmdline").startswith("sockoracle-probe")
                   for pid in children_of(recorder.pid))
    expect(until(at_work), "the probe started")
    return recorder


def test_nothing_changes(program):
    before, running = machine(), probes()
    done = run(program, "check", "--format", "json")
    expect(done.returncode in (0, 1), f"check ended with {done.returncode}: {done.stderr}")
    after = machine()
    for key, value in before.items():
        expect(after[key] == value, f"{key} changed by a check")
    expect(until(lambda: probes() <= running), "no process of the probe is left")
    report = json.loads(done.stdout)["comparisons"][0]
    expect(report["checked_cases"] > 0, "something was checked")
    for world in report["worlds"]:
        expect(world["checked_cases"] > 0 or world.get("skipped"),
               f"{world['world']}: neither checked nor skipped with a reason")
    unexpected = [f for f in report["findings"] if not f["known"]]
    for finding in unexpected:
        print(finding["smallest"], finding["worlds"][0], finding["sentence"])
    expect(not unexpected, "no unexpected finding on this kernel")
    expect(done.returncode == (1 if unexpected or report["stale"] else 0), "the exit status fits")


def test_interrupt(program, folder):
    running = probes()
    for number in (signal.SIGINT, signal.SIGTERM):
        path = folder / f"interrupted-{number}.jsonl"
        recorder = start_recording(program, path)
        recorder.send_signal(number)
        recorder.communicate(timeout=60)
        expect(recorder.returncode == -number, f"ended by signal {number}")
        expect(until(lambda: probes() <= running), f"no probe survives signal {number}")
        expect(not list(folder.glob("interrupted*")), f"no file is left by signal {number}")
        expect(until(lambda: not cgroups_of(recorder.pid)), f"no cgroup is left by {number}")


def test_killed_probe(program, folder):
    path = folder / "killed.jsonl"
    recorder = start_recording(program, path)
    for pid in children_of(recorder.pid):
        os.kill(pid, signal.SIGKILL)
    _, talk = recorder.communicate(timeout=60)
    expect(recorder.returncode == 69, f"a killed probe: exit status {recorder.returncode}")
    expect("probe was killed" in talk.lower(), f"a killed probe is named: {talk!r}")
    expect(len(talk.strip().splitlines()) == 1, f"one line: {talk!r}")
    expect(not list(folder.glob("killed*")), "no file is left by a killed probe")
    expect(not cgroups_of(recorder.pid), "no cgroup is left where all children were killed")


def test_chain(program, folder):
    path = folder / "host.jsonl"
    done = run(program, "record", "--subject", "host", "-o", str(path))
    expect(done.returncode == 0, f"record: {done.stderr}")
    live, recorded = run(program, "check"), run(program, "check", str(path))
    expect(live.returncode == recorded.returncode, "the recording is judged as the kernel is")
    expect(live.stdout.splitlines()[-2:] == recorded.stdout.splitlines()[-2:],
           f"the same cases: {live.stdout[-300:]} {recorded.stdout[-300:]}")
    report = run(program, "report", "--format", "markdown", str(path))
    expect(report.returncode == 0 and report.stdout.startswith("## host, Linux "), "report")
    same = run(program, "diff", str(path), str(path))
    expect(same.returncode == 0 and "\nthe same answers\n" in same.stdout,
           f"a recording differs from itself: {same.stdout[:300]}")
    text = path.read_text()
    path.write_text(text[:len(text) // 2])
    cut = run(program, "check", str(path))
    expect(cut.returncode == 64 and "truncated" in cut.stderr, f"a cut recording: {cut.stderr}")


def test_without_privilege(program):
    if os.geteuid() != 0:
        return
    done = unprivileged.run([program, "check"], capture_output=True, text=True, timeout=240)
    expect(done.returncode in (0, 1, 4), f"without privilege: {done.returncode} {done.stderr}")
    if done.returncode != 4:
        expect("needs root" in done.stdout, "contexts are skipped for lack of privilege")
    expect("0 unexpected findings" in done.stdout, f"without privilege: {done.stdout[:400]}")
    call = "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)"
    for arguments, status, where in (
            (["check", "--context", "nobody"], 4, "stdout"),
            (["check", "--context", "nobody", "--deep"], 4, "stdout"),
            (["explain", call, "--live"], 69, "stderr")):
        asked = unprivileged.run([program, *arguments], capture_output=True, text=True,
                                 timeout=240)
        expect(asked.returncode == status and "needs root" in getattr(asked, where),
               f"{arguments} says that it needs root: {asked.returncode} {asked.stdout[-400:]} "
               f"{asked.stderr}")


def main():
    if len(sys.argv) != 2:
        print("usage: live_test.py SOCKORACLE", file=sys.stderr)
        return 64
    program = os.path.abspath(sys.argv[1])
    first = run(program, "check", "--context", "root")
    if first.returncode in (4, 69):
        print(f"skipped: {unprivileged.why_skipped(first)}")
        return 4
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        test_nothing_changes(program)
        test_interrupt(program, folder)
        test_killed_probe(program, folder)
        test_chain(program, folder)
    test_without_privilege(program)
    print(f"{len(FAILURES)} failures")
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
