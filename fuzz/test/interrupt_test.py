#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Interrupting a campaign loses nothing and leaves nothing running: interrupt_test.py BUILD.

Once as Ctrl-C does it, to the whole process group, and once as a supervisor does, to the campaign
alone.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "conformance/test"))
from living import living_in_group, until  # noqa: E402  (fuzz/ may lean on conformance/)

CAMPAIGN = pathlib.Path(__file__).resolve().parents[1] / "campaign/campaign.py"


def start(build: str, state: str, *words: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-B", CAMPAIGN, words[0], build, *words[1:]], start_new_session=True,
        env={**os.environ, "SOCKORACLE_FUZZ_STATE": state}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def inputs(state: str) -> set[str]:
    corpus = pathlib.Path(state) / "corpus/create_fuzzer"
    return {path.name for path in corpus.iterdir()} if corpus.is_dir() else set()


def interrupted(build: str, state: str, everyone: bool) -> str | None:
    """What is wrong, or nothing."""
    before = inputs(state)
    process = start(build, state, "libfuzzer", "120", "create_fuzzer")
    if not until(lambda: len(inputs(state) - before) >= 5, 60):
        os.killpg(process.pid, signal.SIGKILL)
        return "nothing was learnt in 60 s"
    if everyone:
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.terminate()
    out, err = process.communicate(timeout=60)
    if process.returncode != 130:
        return f"ended with {process.returncode}, not 130: {err[-500:]}"
    if "executions" not in out:
        return f"no summary: {out!r}"
    if not before < inputs(state):
        return "inputs learnt earlier are gone"
    if not until(lambda: not living_in_group(process.pid), 10):
        return f"processes are left: {living_in_group(process.pid)}"
    return None


def minimize_cut_short(build: str, state: str) -> str | None:
    before = inputs(state)
    process = start(build, state, "minimize", "create_fuzzer")
    time.sleep(0.4)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    after = inputs(state)
    # It may have been quicker than we: then the corpus is what it says that it kept.
    merged = after < before and f"{len(before)} inputs, {len(after)} kept" in out
    if process.returncode == 0 or after == before or merged:
        return None
    return f"a merge cut short took inputs away: {len(before)}, now {len(after)}: {out!r}"


def main() -> int:
    build = sys.argv[1]
    with tempfile.TemporaryDirectory() as state:
        for wrong in (interrupted(build, state, True), interrupted(build, state, False),
                      minimize_cut_short(build, state)):
            if wrong:
                print(wrong)
                return 1
        print(f"{len(inputs(state))} inputs learnt, none lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
