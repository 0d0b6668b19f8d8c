#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`ci/kernels drift` on a recording: silent where the tables are right, and where a kernel is held
against the release before it, it names the row that changed (7.1 removed UDP-Lite).

usage: drift_test.py SOCKORACLE RECORDING_OF_7_1
"""
import os
import pathlib
import subprocess
import sys
import tempfile

KERNELS = pathlib.Path(__file__).resolve().parents[3] / "ci/kernels"


def drift(tool, *arguments):
    done = subprocess.run([sys.executable, "-B", str(KERNELS), "drift", *arguments], text=True,
                          env=dict(os.environ, SOCKORACLE=tool), capture_output=True, check=False)
    print(done.stdout + done.stderr, end="", flush=True)
    return done.returncode, done.stdout


def main():
    tool, recording = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        small = str(pathlib.Path(folder, "small.jsonl"))
        subprocess.run([tool, "record", "--subject", recording, "--context", "nobody", "-o", small],
                       check=True)
        status, text = drift(tool, small)
        good = status == 0 and text == f"{small}: every row holds\n"
        status, text = drift(tool, small, "--against", "7.0")
        good = good and status == 1 and "drifted" in text.splitlines()[0] and \
            'behaviour udplite_options: until "7.1"' in text and \
            'provider udplite: until "7.1"' in text
        status, text = drift(tool, os.devnull)
        good = good and status == 69 and not text
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
