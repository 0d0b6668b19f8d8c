#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a test run skipped, and why: ci/skipped.py JUNIT_XML.

ctest names skipped tests without their reason. Each reason is the last line that the test printed;
parts of tests that unittest skipped are counted with theirs.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def reason_of(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    parts = sorted(set(parts_of(text)))
    if parts:
        return "; ".join(parts)
    return re.sub(r"^skipped(, |: )", "", lines[-1]) if lines else "it does not say why"


def parts_of(text: str) -> list[str]:
    return [found[2] for found in re.finditer(r"\.\.\. skipped (['\"])(.*)\1$", text, re.MULTILINE)]


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    whole, parts = collections.defaultdict(list), collections.defaultdict(list)
    try:
        root = ElementTree.parse(pathlib.Path(sys.argv[1])).getroot()
    except (OSError, ElementTree.ParseError) as error:
        print(f"ci/skipped.py: {sys.argv[1]}: {error}", file=sys.stderr)
        return 0
    for case in root.iter("testcase"):
        text = case.findtext("system-out") or ""
        if case.find("skipped") is not None:
            whole[reason_of(text)].append(case.get("name"))
        else:
            for reason in parts_of(text):
                parts[reason].append(case.get("name"))
    count = sum(map(len, whole.values()))
    print(f"{plural(count, 'test')} skipped" + (", for what:" if count else ""))
    for reason, names in sorted(whole.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"  {len(names)}  {', '.join(names)}: {reason}")
    if parts:
        print(f"{plural(sum(map(len, parts.values())), 'part')} of other tests skipped:")
    for reason, names in sorted(parts.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"  {len(names)}  {', '.join(sorted(set(names)))}: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
