#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What `cmake --install` puts somewhere runs there, and the target uninstall takes all of it away.

usage: uninstall_test.py CMAKE BUILD
"""

import pathlib
import subprocess
import sys
import tempfile


def files_below(folder: pathlib.Path) -> list:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def main() -> int:
    cmake, build = sys.argv[1:3]
    uninstall = [cmake, "--build", build, "--target", "uninstall"]
    with tempfile.TemporaryDirectory(suffix=" a prefix") as name:
        prefix = pathlib.Path(name)
        (prefix / "bin").mkdir()
        (prefix / "bin/other").write_text("somebody else's\n")
        subprocess.run([cmake, "--install", build, "--prefix", name], check=True,
                       stdout=subprocess.DEVNULL)
        installed = files_below(prefix)
        print("installed:", *installed)
        said = subprocess.run([prefix / "bin/sockoracle", "--version"], check=True,
                              capture_output=True, text=True).stdout
        subprocess.run(uninstall, check=True)
        left = files_below(prefix)
        again = subprocess.run(uninstall, capture_output=True, text=True)
    if not said.startswith("sockoracle ") or "bin/sockoracle-ssh" not in installed:
        print(f"not all was installed: {installed}, {said!r}")
        return 1
    if left != ["bin/other"]:
        print(f"left behind: {left}")
        return 1
    if again.returncode == 0 or "nothing to remove" not in again.stdout + again.stderr:
        print(f"a second time: {again}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
