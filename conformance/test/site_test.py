#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The static site in headless Chromium: browser/explorer_test.mjs says what is looked at.

usage: site_test.py SITE_FOLDER [SCREENSHOT_FOLDER]
Exit status: 0 good, 1 wrong, 4 skipped: what is missing.
"""

import pathlib
import subprocess
import sys
import tempfile

import browser_tools


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 64
    site = pathlib.Path(sys.argv[1])
    missing = browser_tools.missing()
    if not (site / "explorer.html").exists():
        missing.append(f"{site} (ci/run site builds it)")
    if missing:
        print("skipped, missing: " + ", ".join(missing), file=sys.stderr)
        return 4
    with tempfile.TemporaryDirectory() as name:
        shots = sys.argv[2] if len(sys.argv) == 3 else name
        return subprocess.run(browser_tools.command("explorer_test.mjs", str(site), shots),
                              env=browser_tools.environment(), timeout=300).returncode


if __name__ == "__main__":
    sys.exit(main())
