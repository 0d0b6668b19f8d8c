#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""No descriptor stays behind in the live target's workers: descriptors_test.py LIVE_FUZZER SEEDS.

Looks at /proc/PID/fd of every worker after some batches and again after many more.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "conformance/test"))
import living  # noqa: E402  (fuzz/ may lean on conformance/)


def workers(pid: int) -> dict[int, int]:
    """Open descriptors of each child, the fewest of many looks: in between it holds a fresh socket,
    and on a busy machine it may be kept from running while it does."""
    least: dict[int, int] = {}
    for _ in range(40):
        for child in living.children_of(pid):
            count = len(os.listdir(f"/proc/{child}/fd"))
            least[child] = min(count, least.get(child, count))
        time.sleep(0.025)
    return least


def main() -> int:
    target, seeds = sys.argv[1:3]
    corpus = tempfile.TemporaryDirectory()
    process = subprocess.Popen(
        [target, "-seed=1", "-max_total_time=30", "-max_len=449", corpus.name, seeds],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        line = ""
        for line in process.stderr:
            if "INITED" in line:
                break
        else:
            # It ended: nothing here can be asked, and it said why.
            print(line.strip())
            return 4 if process.wait() == 4 else 1
        before = workers(process.pid)
        time.sleep(2)
        after = workers(process.pid)
        alive = process.poll() is None
    except PermissionError as error:
        print(f"{error}: skipped")
        return 4
    finally:
        process.kill()
        process.wait()
    # Workers start when they are first needed: a new one counts like the others.
    most = max(before.values(), default=0)
    grown = [pid for pid, count in after.items() if count > before.get(pid, most)]
    if not alive or not before or grown or not before.keys() <= after.keys():
        print(f"alive {alive}, descriptors of the workers {before}, 2 s later {after}")
        return 1
    # They end with their parent.
    if living.until(lambda: not any(map(living.living, before)), 10):
        return 0
    print(f"workers outlive the target: {[pid for pid in before if living.living(pid)]}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
