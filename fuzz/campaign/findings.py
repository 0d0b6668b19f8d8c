# SPDX-License-Identifier: GPL-2.0-only
"""What a fuzz target says on stderr when it stops: one JSON object on a line of its own, which
fuzz/oracles/finding.cpp writes. What a sanitizer says is its own prose."""

import json
import re


def finding_of(output: str) -> dict | None:
    """The last finding; None where there is none, as in a sanitizer's report."""
    for line in reversed(output.splitlines()):
        if not line.startswith('{"finding":'):
            continue
        try:
            return json.loads(line)
        except json.JSONDecodeError:  # the process was killed while it wrote
            continue
    return None


def rule_in_frames(output: str) -> str:
    """The rule that a sanitizer's stack names: fuzz/oracles/finding.cpp, during()."""
    match = re.search(r"\bduring__(\w+)", output)
    return match[1] if match else ""
