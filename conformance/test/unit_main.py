# SPDX-License-Identifier: GPL-2.0-only
"""What a file of unit tests about a program does when it is run: the program's path stands before
unittest's own arguments. Exit status: 0 passed, 1 failed, 4 everything was skipped, 64 usage."""

import os
import sys
import unittest


def take_program(usage: str) -> str:
    if len(sys.argv) < 2 or not os.path.exists(sys.argv[1]):
        print(usage, file=sys.stderr)
        sys.exit(64)
    return os.path.abspath(sys.argv.pop(1))


def run() -> None:
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(4 if result.testsRun and len(result.skipped) == result.testsRun else 0)
