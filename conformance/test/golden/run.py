#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Golden files: runs each command and compares what it prints.

usage: run.py SOCKORACLE [NAME...]

A file NAME.golden holds the command after `$ `, then its standard output, then its standard
error with `! ` before each line, then `? STATUS` where the exit status is not 0. Commands run in
sh, in this folder. The newest release of the table is written {newest}, unless the command names
it: a release that is added changes no file. UPDATE_GOLDEN=1 rewrites the files; read the diff
before committing it.
Exit status: 0 all equal, 1 differences, 64 usage.
"""

import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent


def command_of(path: pathlib.Path) -> str:
    first = path.read_text().split("\n", 1)[0]
    if not first.startswith("$ "):
        sys.exit(f"{path}:1: expected `$ COMMAND`")
    return first[2:]


def outcome(command: str, folder_of_tool: pathlib.Path) -> str:
    environment = dict(os.environ, LC_ALL="C", TZ="UTC")
    environment["PATH"] = f"{folder_of_tool}:{environment['PATH']}"
    for name in ("COLUMNS", "NO_COLOR"):  # what a text looks like in a file
        environment.pop(name, None)
    done = subprocess.run(["sh", "-c", command], cwd=FOLDER, env=environment, text=True,
                          capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
    text = f"$ {command}\n{done.stdout}"
    text += "".join(f"! {line}\n" for line in done.stderr.splitlines())
    if done.returncode != 0:
        text += f"? {done.returncode}\n"
    return text


def newest_release(tool: str) -> str:
    done = subprocess.run([tool, "list", "releases", "--format", "json"], check=True, text=True,
                          capture_output=True)
    return json.loads(done.stdout)[-1]["release"]


def without_newest(text: str, newest: str) -> str:
    command, _, rest = text.partition("\n")
    number = rf"(?<![\d.]){re.escape(newest)}(?!\.?\d)"
    if re.search(number, command):
        return text
    return command + "\n" + re.sub(number, "{newest}", rest)


def main() -> int:
    if len(sys.argv) < 2 or not pathlib.Path(sys.argv[1]).is_file():
        print("usage: run.py SOCKORACLE [NAME...]", file=sys.stderr)
        return 64
    tool = pathlib.Path(sys.argv[1]).resolve().parent
    names = sys.argv[2:]
    paths = [FOLDER / f"{name}.golden" for name in names] or sorted(FOLDER.glob("*.golden"))
    different = 0
    newest = newest_release(sys.argv[1])
    for path in paths:
        expected = path.read_text()
        got = without_newest(outcome(command_of(path), tool), newest)
        if expected == got:
            continue
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.write_text(got)
            print(f"{path.name}: rewritten")
            continue
        different += 1
        sys.stdout.writelines(difflib.unified_diff(
            expected.splitlines(True), got.splitlines(True), path.name, "what it prints now"))
    print(f"{len(paths)} golden files, {different} differ")
    if not paths:
        return 1
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
