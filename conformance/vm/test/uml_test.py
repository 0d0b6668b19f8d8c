#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boots user-mode Linux: its answers agree with the model, a program that `repro` wrote ends there
as the recording says, and a machine that fails in any way gives one line and no recording.

usage: uml_test.py SOCKORACLE RECORDING
Exit status: 0 passed, 1 failed, 4 skipped (user-mode Linux is not installed).
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))
import living  # noqa: E402  (in the folder above)

CONTEXTS = ("root", "nobody", "ping-egid", "netns-owner", "no-fd", "cgroup-deny", "file-max")
FAILURES = []
# The first process: runs each program, says how it ended, switches off.
INIT = r"""
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  char path[32], text[64];
  mount("proc", "/proc", "proc", 0, NULL);
  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  int line = open("/dev/ttyS0", O_WRONLY);
  for (int i = 0; snprintf(path, sizeof path, "/repro%d", i), access(path, X_OK) == 0; i++) {
    int status = 0;
    if (fork() == 0) {
      execl(path, path, NULL);
      _exit(127);
    }
    wait(&status);
    int length = snprintf(text, sizeof text, "program %d status %d\n", i, WEXITSTATUS(status));
    if (write(line, text, (size_t)length) != length)
      return 1;
  }
  sync();
  reboot(RB_POWER_OFF);
  return 1;
}
"""


def expect(condition, what):
    if not condition:
        FAILURES.append(what)
        print(f"FAILED: {what}", flush=True)


class Uml:
    def __init__(self, tool, folder):
        self.tool, self.folder = tool, folder
        self.scratch = folder / "tmp"
        self.scratch.mkdir()
        self.output = folder / "out.jsonl"

    def command(self, *arguments):
        return [self.tool, "record", "-o", str(self.output), "--context", "root", *arguments]

    def environment(self):
        return dict(os.environ, TMPDIR=str(self.scratch), LC_ALL="C")

    def run(self, *arguments):
        return subprocess.run([self.tool, *arguments], env=self.environment(), text=True,
                              capture_output=True, timeout=400, check=False)

    def fails(self, what, status, error, wanted):
        lines = error.splitlines()
        expect(status == 69, f"{what}: exit status {status}")
        expect(len(lines) == 1 and wanted in error, f"{what}: wanted {wanted!r}, said {error!r}")
        expect(self.output.read_text() == "before\n", f"{what}: the former file is not there whole")
        left = [path.name for path in self.folder.glob("out.jsonl*") if path != self.output]
        left += [path.name for path in self.scratch.iterdir()]
        left += self.running()
        expect(not left, f"{what}: left behind: {left}")

    def running(self):
        """Processes of this test's kernels, a second after it is said to be over."""
        time.sleep(1)
        mark = f"initrd={self.scratch}".encode()
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if mark in path.read_bytes():
                    found.append(f"process {path.parent.name}")
            except OSError:
                pass  # it has just ended
        return found

    def record(self, what, wanted, *arguments, before=()):
        self.output.write_text("before\n")
        done = subprocess.run([*before, *self.command(*arguments)], env=self.environment(),
                              capture_output=True, text=True, timeout=200, check=False)
        self.fails(what, done.returncode, done.stderr, wanted)

    def record_and_signal(self, what, wanted, number, *arguments):
        """The kernel's process gets a signal while it boots."""
        self.output.write_text("before\n")
        with subprocess.Popen(self.command("--subject", "uml", *arguments), text=True,
                              env=self.environment(), stderr=subprocess.PIPE) as process:
            for _ in range(2000):
                kernels = [pid for pid in living.children_of(process.pid)
                           if b"initrd=" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
                if kernels:
                    break
                time.sleep(0.005)
            time.sleep(0.3)
            os.kill(kernels[0], number)
            error = process.communicate(timeout=200)[1]
        self.fails(what, process.returncode, error, wanted)
        expect(not living.living(kernels[0]), f"{what}: the kernel still runs")

    def interrupted(self, what, number, everyone):
        """The command itself gets a signal while its kernel boots."""
        with subprocess.Popen(self.command("--subject", "uml"), env=self.environment(),
                              stderr=subprocess.DEVNULL, start_new_session=True) as process:
            time.sleep(1.5)
            (os.killpg if everyone else os.kill)(process.pid, number)
        left = self.running() + [path.name for path in self.scratch.iterdir()]
        expect(not left, f"{what}: left behind: {left}")

    def wrapper(self, name, text):
        """A kernel that is a script around the real one."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return f"uml:{path}"


def check_answers(uml):
    contexts = [word for name in CONTEXTS for word in ("--context", name)]
    done = subprocess.run([uml.tool, "check", "--subject", "uml", *contexts], text=True,
                          env=uml.environment(), capture_output=True, timeout=400, check=False)
    print(done.stdout[-400:], flush=True)
    expect(done.returncode == 0, f"check: exit status {done.returncode}: {done.stderr}")
    expect("0 unexpected findings" in done.stdout, "check: findings")
    expect(f"cases checked in {len(CONTEXTS)} contexts" in done.stdout,
           "check: not every context was asked")


def check_autoload(uml):
    """Module requests, with IPv6 as a module that SCTP brings along: live, and from a recording."""
    folders = sorted(pathlib.Path("/usr/lib/uml/modules").glob("*/kernel"))
    live = ["--subject", "uml", "--allow-autoload", *(["--modules", str(folders[-1])] if folders
                                                      else [])]
    recording = uml.folder / "autoload.jsonl"
    if not folders:
        done = uml.run("check", *live)
        expect(done.returncode == 64 and "--modules DIR" in done.stderr, "autoload without modules")
        return
    checked = uml.run("check", *live, "--context", "root", "--context", "nobody")
    recorded = uml.run("record", *live, "--context", "root", "-o", str(recording))
    expect(recorded.returncode == 0, f"autoload: not recorded: {recorded.stderr}")
    for what, done in (("live", checked), ("recorded", uml.run("check", str(recording)))):
        expect(done.returncode == 0 and "\n0 unexpected findings" in done.stdout,
               f"autoload, {what}: exit status {done.returncode}: {done.stdout} {done.stderr}")
        came = [line.split() for line in done.stdout.splitlines() if " brought " in line]
        expect("deep: autoload: 177 calls" in done.stdout and len(came) == 1 and
               came[0][:5] == ["socket(AF_INET,", "0,", "IPPROTO_SCTP)", "as", "nobody:"] and
               came[0][5:7] == ["net-pf-2-proto-132", "brought"] and
               [name for name in came[0][7:] if name in ("ipv6", "sctp")] == ["ipv6", "sctp"],
               f"autoload, {what}: {done.stdout[-900:]}")


def check_failures(uml):
    uml.record("panic", "Kernel panic", "--subject", "uml", "--append", "rdinit=/nothing")
    uml.record_and_signal("hang", "was not done after 4 seconds", signal.SIGSTOP,
                          "--time-limit", "4")
    uml.record_and_signal("killed", "was killed by Killed", signal.SIGKILL)
    uml.record("truncated", "stopped in the middle of its answers", "--subject",
               uml.wrapper("short", 'case $1 in --*) exec linux.uml "$1" ;; esac\n'
                           'timeout -s KILL 60 linux.uml "$@" | head -c 20000'))
    uml.record("damaged", "the machine's answers are damaged", "--subject",
               uml.wrapper("damaged", 'case $1 in --*) exec linux.uml "$1" ;; esac\n'
                           'linux.uml "$@" | sed s/EPROTONOSUPPORT/EPROTONOSUPPORX/'))
    uml.record("not there", "package user-mode-linux", "--subject", "uml:/nonexistent/linux")


def check_interrupts(uml):
    uml.interrupted("Ctrl-C", signal.SIGINT, True)
    uml.interrupted("killed itself", signal.SIGKILL, False)


def check_full_disk(uml):
    if os.geteuid() != 0:
        print("full disk: skipped, mounting needs root")
        return
    def on_small_disk(folder, size):
        return ["unshare", "-m", "sh", "-c",
                f"mount -t tmpfs -o size={size} none {folder} && exec \"$@\"", "sh"]
    uml.record("no room for the initramfs", "No space left on device", "--subject", "uml",
               before=on_small_disk(uml.scratch, "64k"))
    full = uml.folder / "full"
    full.mkdir()
    script = (f"mount -t tmpfs -o size=16k none {full} && {{ \"$@\"; status=$?; "
              f"ls -A {full} >&2; exit $status; }}")
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", uml.tool, "record",
                           "--subject", "uml", "--context", "root", "-o", str(full / "x.jsonl")],
                          env=uml.environment(), capture_output=True, text=True, timeout=200,
                          check=False)
    expect(done.returncode == 69 and done.stderr.count("\n") == 1 and
           "x.jsonl: cannot write: No space left on device" in done.stderr,
           f"no room for the recording: {done.returncode} {done.stderr!r}")


def newc(path, mode, data=b""):
    """One entry of a cpio archive."""
    name = path.encode() + b"\0"
    fields = (1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
    head += b"\0" * (-len(head) % 4)
    return head + data + b"\0" * (-len(data) % 4)


def samples(recording):
    """One call for each different answer of AF_INET in some contexts, and the world's flags."""
    lines = [json.loads(line) for line in open(recording, encoding="utf-8")]
    flags = ["--release", lines[0]["release"]]
    for name, presence in lines[0]["modules"].items():
        flags += ["--module", f"{name}={'absent' if presence == 'loadable' else presence}"]
    calls, seen = [], set()
    for line in lines:
        if line.get("family") != 2 or line["world"] not in ("root", "nobody", "ping-gid"):
            continue
        kind = line["type"] if isinstance(line["type"], int) else line["type"][0]
        first = line["protocol"][0]
        protocol = first if isinstance(first, int) else first[0]
        key = (line["world"], line["errno"])
        if key not in seen and kind <= 15:
            seen.add(key)
            calls.append((line["world"], f"socket(2, {kind}, {protocol})", line["errno"]))
    return flags, calls


def check_repro(uml, recording):
    compiler = shutil.which("cc") or shutil.which("clang-14") or shutil.which("gcc-12")
    if compiler is None:
        print("repro: skipped, no C compiler")
        return
    flags, calls = samples(recording)
    build = [compiler, "-static", "-x", "c", "-"]
    archive = newc("dev", 0o40755) + newc("proc", 0o40755)
    programs = {"init": INIT}
    for number, (context, call, error) in enumerate(calls):
        text = subprocess.run([uml.tool, "repro", call, "--as", context, *flags], check=True,
                              capture_output=True, text=True).stdout
        expect((error or "a descriptor") in text.split('expected[] = "', 1)[1].split('"', 1)[0],
               f"repro {call} as {context} does not expect what was recorded, {error}")
        programs[f"repro{number}"] = text
    for name, text in programs.items():
        binary = uml.folder / name
        subprocess.run([*build, "-o", str(binary)], input=text, text=True, check=True)
        archive += newc(name, 0o100755, binary.read_bytes())
    initrd = uml.folder / "initrd"
    initrd.write_bytes(archive + newc("TRAILER!!!", 0))
    done = subprocess.run(
        ["linux.uml", "mem=256M", f"initrd={initrd}", f"uml_dir={uml.scratch}", "con=null",
         "ssl=null", "ssl0=null,fd:1", "noreboot", "quiet", "panic=-1", "rdinit=/init"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=200, check=False)
    said = done.stdout.decode().splitlines()
    wanted = [f"program {number} status 0" for number in range(len(calls))]
    expect(len(calls) >= 8 and said == wanted, f"repro: {said}, for {calls}")
    print(f"{len(calls)} programs that repro wrote ended as recorded")


def main():
    if shutil.which("linux.uml") is None:
        print("skipped: linux.uml is not installed (Debian's package user-mode-linux)")
        return 4
    with tempfile.TemporaryDirectory() as name:
        uml = Uml(sys.argv[1], pathlib.Path(name))
        check_answers(uml)
        check_autoload(uml)
        check_interrupts(uml)
        check_failures(uml)
        check_full_disk(uml)
        check_repro(uml, sys.argv[2])
    print(f"{len(FAILURES)} failed")
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
