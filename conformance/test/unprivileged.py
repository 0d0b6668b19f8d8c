# SPDX-License-Identifier: GPL-2.0-only
"""Runs a program as nobody, from a place that nobody can enter: root may have built it in /root,
or below any other folder that is closed to others. And tells what this process itself may do."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


def may_make_namespaces() -> bool:
    """Not so in a container, nor, with a user namespace, in a chroot."""
    done = subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True)
    return done.returncode == 0


def why_skipped(check: subprocess.CompletedProcess) -> str:
    """The first reason of a `sockoracle check` that skipped everything, or what it said instead."""
    found = re.search(r"skipped: \d+ ([^;\n]*)", check.stdout)
    return found[1] if found else check.stderr.strip()


def run(command: list, **options) -> subprocess.CompletedProcess:
    """As subprocess.run does it, but for the user and the folder."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = pathlib.Path(folder) / pathlib.Path(command[0]).name
        shutil.copyfile(command[0], program)
        program.chmod(0o755)
        return subprocess.run([str(program), *command[1:]], cwd="/", **NOBODY, **options)
