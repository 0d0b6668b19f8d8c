#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The HTML report in headless Chromium: browser/page_test.mjs says what is looked at.

usage: html_page_test.py SOCKORACLE RECORDING [SCREENSHOT_FOLDER]
Exit status: 0 good, 1 wrong, 4 skipped: what is missing.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import browser_tools

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)><!-- ]]>"


def sum_of(text: str) -> str:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & (2**64 - 1)
    return f"{value:016x}"


def hostile(recording: str, path: pathlib.Path) -> None:
    """The same answers from somebody whose every free text is an attack."""
    lines = pathlib.Path(recording).read_text().splitlines()
    header = json.loads(lines[0])
    for key in ("subject", "uname", "tool"):
        header[key] = EVIL
    header["lsm"] = EVIL * 3000
    lines[0] = json.dumps(header, separators=(",", ":"))
    body = "".join(line + "\n" for line in lines[:-1])
    end = json.loads(lines[-1])
    end["sum"] = sum_of(body)
    path.write_text(body + json.dumps(end, separators=(",", ":")) + "\n")


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 64
    tool, recording = (os.path.abspath(path) for path in sys.argv[1:3])
    missing = browser_tools.missing()
    if missing:
        print("skipped, not installed: " + ", ".join(missing), file=sys.stderr)
        return 4
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shots = pathlib.Path(sys.argv[3] if len(sys.argv) == 4 else name)
        shots.mkdir(parents=True, exist_ok=True)
        hostile(recording, folder / "hostile.jsonl")
        for inputs, page in (([recording], "page"), (["hostile.jsonl", recording], "hostile")):
            flags = ["--module", "udplite=absent"] if page == "hostile" else []
            subprocess.run([tool, "report", "--format", "html", "-o", f"{page}.html", *inputs,
                            *flags], cwd=folder, check=True, capture_output=True)
        command = browser_tools.command("page_test.mjs", str(folder / "page.html"),
                                        str(folder / "hostile.html"), str(shots))
        return subprocess.run(command, env=browser_tools.environment(), timeout=300).returncode


if __name__ == "__main__":
    sys.exit(main())
