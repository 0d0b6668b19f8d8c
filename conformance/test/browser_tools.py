# SPDX-License-Identifier: GPL-2.0-only
"""Where the browser tests find Chromium, node and the packages of browser/package.json."""

import os
import pathlib
import shutil

TEST = pathlib.Path(__file__).resolve().parent
SOURCE = TEST.parents[1]


def packages() -> pathlib.Path:
    """The folder that has node_modules: NODE_PACKAGES, or what ci/run site made."""
    return pathlib.Path(os.environ.get("NODE_PACKAGES", SOURCE / "build" / "browser")).resolve()


def environment() -> dict:
    return {**os.environ, "NODE_PACKAGES": str(packages())}


def package_there(name: str) -> bool:
    return (packages() / "node_modules" / name / "package.json").exists()


def missing(*more: str) -> list:
    names = [name for name in ("chromium", "node") if shutil.which(name) is None]
    wanted = ("playwright-core", "axe-core", *more)
    return names + [f"{name} (npm)" for name in wanted if not package_there(name)]


def command(test: str, *arguments: str) -> list:
    return [shutil.which("node"), str(TEST / "browser" / test), shutil.which("chromium"),
            *arguments]
