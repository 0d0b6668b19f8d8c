# SPDX-License-Identifier: GPL-2.0-only
"""Who still runs. A process that ended stays in /proc until its parent asks how; where the first
process of a container never asks, it stays for good. Only these functions tell the two apart."""

import pathlib
import time


def stat_fields(pid: int) -> list:
    """State, parent, process group and what follows in /proc/PID/stat; [] where there is none."""
    try:
        # The name before them may hold blanks and parentheses.
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
        return text.rsplit(")", 1)[1].split()
    except OSError:
        return []


def living(pid: int) -> bool:
    return stat_fields(pid)[:1] not in ([], ["Z"], ["X"])


def living_in_group(group: int) -> list:
    """The processes of a process group that run."""
    found = [int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*")]
    return sorted(pid for pid in found
                  if stat_fields(pid)[2:3] == [str(group)] and living(pid))


def children_of(pid: int) -> list:
    """Children of its first thread that run; [] where the kernel does not list them."""
    try:
        words = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(word) for word in words if living(int(word))]


def until(condition, seconds: float = 15.0) -> bool:
    """Whether it came true in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
