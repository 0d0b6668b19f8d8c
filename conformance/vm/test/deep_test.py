#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`check --deep` and `explain --live` inside machines: this program looks into their kernels.

usage: deep_test.py SOCKORACLE uml|vm
`uml`: user-mode Linux, which has no tracing: inode numbers, hooks, entry points. `vm`: a kernel of
the cache (ci/run kernels fetch) under QEMU: all of it.
Exit status: 0 passed, 1 failed, 4 skipped (the machine or its kernel is not here).
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FAILURES = []
# What the models of those releases must say for a test to see a difference: long since true there.
WITHOUT = "sock_alloc_file_releases"


def expect(condition, what):
    if not condition:
        FAILURES.append(what)
        print(f"FAILED: {what}", flush=True)


class Tool:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def run(self, *arguments):
        environment = dict(os.environ, TMPDIR=str(self.folder), LC_ALL="C")
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True,
                              timeout=900, check=False, env=environment)
        left = [path.name for path in self.folder.iterdir()]
        expect(not left, f"{arguments}: left behind: {left}")
        return done

    def deep(self, subject, *arguments):
        return self.run("check", "--subject", subject, "--deep", *arguments)


def said(done, oracle):
    """What the report says of an oracle, and its first number."""
    line = re.search(rf"^deep: {oracle}: (.*)", done.stdout, re.MULTILINE)
    expect(line is not None, f"no oracle {oracle}: {done.stdout[-400:]} {done.stderr}")
    text = line.group(1) if line else ""
    number = re.match(r"(?:create and release hooks of )?(\d+) ", text)
    return text, int(number.group(1)) if number else 0


def test_uml(tool):
    done = tool.deep("uml", "--context", "root", "--context", "no-fd")
    expect(done.returncode == 0, f"agrees with the model: {done.stdout[-900:]} {done.stderr}")
    for oracle in ("inodes", "hooks", "entries"):
        text, number = said(done, oracle)
        expect(number > 10, f"{oracle} are compared: {text}")
    for oracle in ("fields", "steps", "functions"):
        expect("skipped: " in said(done, oracle)[0], f"{oracle} say why they are skipped")
    expect("int 0x80" in done.stdout, "calls without a 32-bit entry are skipped with the reason")


def test_vm(tool, subject):
    done = tool.deep(subject, "--context", "nobody", "--context", "lsm-deny-alloc")
    expect(done.returncode == 0, f"agrees with the model: {done.stdout[-900:]} {done.stderr}")
    for oracle, least in (("fields", 2000), ("steps", 60), ("functions", 200), ("inodes", 10),
                          ("hooks", 20), ("entries", 20)):
        text, number = said(done, oracle)
        expect(number >= least, f"{oracle} are compared: {text}")
    done = tool.deep(subject, "--context", "file-max", "--without", WITHOUT)
    expect(done.returncode == 1, f"a world flag reaches the machine: {done.stdout[-900:]}")
    expect(re.search("the call's functions: got .*__sock_release .*put_unused_fd", done.stdout),
           "functions in another order are a finding")
    done = tool.run("explain", "socket(AF_INET, SOCK_RAW, 1)", "--live", "--subject", subject,
                    "--as", "nobody")
    expect(done.returncode == 0, f"explain --live: {done.stderr}")
    text = " ".join(done.stdout.split())  # broken at 100 columns
    for words in ("in sock_alloc_inode", "both asked for the same things in the same order",
                  "inet_create ", "The functions were entered in the order of the model's steps."):
        expect(words.lower() in text.lower(), f"explain --live says {words!r}: {done.stdout}")


def test_as_a_host(tool, subject):
    """What a root of a machine can stage for its own processes alone."""
    contexts = [word for name in ("create", "post-create", "alloc")
                for word in ("--context", f"lsm-deny-{name}")]
    done = tool.run("inside", subject, "check", *contexts)
    expect(done.returncode == 0 and "cases checked in 3 contexts" in done.stdout,
           f"a BPF security module refuses only the probe: {done.stdout[-600:]} {done.stderr}")


def test_refusals(tool, subject):
    done = tool.run("explain", "socket(2, 1, 0)", "--subject", subject)
    expect(done.returncode == 64 and "--live" in done.stderr, "a machine without --live")
    done = tool.deep(subject, "--world", "host")
    expect(done.returncode == 64 and "--world" in done.stderr, "a file that stays outside")
    done = tool.run("explain", "socket(2, 1, 0)", "--live", "--subject", subject, "--as",
                    "lsm-deny-alloc")
    if subject == "uml":
        expect(done.returncode == 69 and len(done.stderr.splitlines()) == 1 and
               "in the virtual machine" in done.stderr, f"one line from inside: {done.stderr!r}")
    else:
        expect(done.returncode == 0 and "-ENO" in done.stdout, f"sk_alloc fails: {done.stdout}")


def kernel_of_the_cache():
    own = os.environ.get("SOCKORACLE_KERNELS")
    folder = pathlib.Path(own) if own else pathlib.Path.home() / ".cache/sockoracle/kernels"
    found = [path.parent.name for path in folder.glob("*/vmlinuz")]
    return max(found, key=lambda name: [int(part) for part in name.split(".")], default=None)


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in ("uml", "vm"):
        print(__doc__, file=sys.stderr)
        return 64
    kernel = kernel_of_the_cache()
    needed = "linux.uml" if sys.argv[2] == "uml" else "qemu-system-x86_64"
    if shutil.which(needed) is None:
        print(f"skipped: {needed} is not installed")
        return 4
    if sys.argv[2] == "vm" and kernel is None:
        print("skipped: no kernel in the cache; ci/run kernels fetch gets them")
        return 4
    if sys.argv[2] == "uml" and b"__asan_init" in pathlib.Path(sys.argv[1]).read_bytes():
        print("skipped: a sanitizer needs more address space than user-mode Linux gives")
        return 4
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(sys.argv[1], pathlib.Path(folder))
        subject = "uml" if sys.argv[2] == "uml" else f"vm:{kernel}"
        if sys.argv[2] == "uml":
            test_uml(tool)
        else:
            test_vm(tool, subject)
            test_as_a_host(tool, subject)
        test_refusals(tool, subject)
    print(f"{len(FAILURES)} failures")
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
