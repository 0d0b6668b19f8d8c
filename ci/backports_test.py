#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What ci/backports finds in changelogs and source, and that it reads the table as it is."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
SCRIPT = pathlib.Path(__file__).resolve().parent / "backports"
LOADER = importlib.machinery.SourceFileLoader("backports", str(SCRIPT))
backports = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("backports", LOADER))
LOADER.exec_module(backports)

CHANGELOG = """linux (6.1.94-1) bookworm-security; urgency=high

  * New upstream stable update:
    https://www.kernel.org/pub/linux/kernel/v6.x/ChangeLog-6.1.93
    - net: another fix
    https://www.kernel.org/pub/linux/kernel/v6.x/ChangeLog-6.1.94
    - [arm64] mptcp: fix full
      support (CVE-2024-1)
    - net: last fix

  [ Somebody ]
  * debian/rules:
    - net: not upstream's

linux (6.1.90-1) bookworm; urgency=medium
"""


def row(text, since=(6, 10), until=()):
    known = [backports.Backport(mark, version) for mark, version in text]
    return backports.Row("a_row", since, until, known, "mptcp: fix full support", "net/a.c",
                         r"int added\(")


class Changelogs(unittest.TestCase):
    def test_titles(self):
        self.assertEqual(backports.titles_of(CHANGELOG), {
            ("net: another fix", "6.1.93"), ("mptcp: fix full support", "6.1.94"),
            ("net: last fix", "6.1.94")})

    def test_what_contradicts(self):
        titles = backports.titles_of(CHANGELOG)
        for text, contradicted in (([("", (6, 1, 94))], False), ([("", (6, 1, 192))], True),
                                   ([("<=", (6, 1, 192))], True), ([("!", (6, 1, 192))], True),
                                   ([], True)):
            found = backports.contradictions_of_titles([row(text)], titles)
            self.assertEqual(bool(found), contradicted, text)
        self.assertEqual(backports.contradictions_of_titles([row([], since=(6, 1))], titles), [])


class Source(unittest.TestCase):
    def test_what_contradicts(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            self.assertEqual(backports.contradictions_of_source([row([])], folder, (6, 1, 94)), [])
            (folder / "net").mkdir()
            (folder / "net/a.c").write_text("int added(void);\n")
            for text, version, contradicted in (
                    ([("", (6, 1, 94))], (6, 1, 94), False), ([("", (6, 1, 95))], (6, 1, 94), True),
                    ([("", (6, 1, 90)), ("-", (6, 1, 94))], (6, 1, 94), True),
                    ([], (6, 1, 94), True), ([], (6, 10, 0), False)):
                found = backports.contradictions_of_source([row(text)], folder, version)
                self.assertEqual(bool(found), contradicted, text)


class Table(unittest.TestCase):
    def test_every_row_is_shown_by_something(self):
        rows = backports.read_rows()
        self.assertGreater(len(rows), 100)
        gone = next(row for row in rows if row.name == "sctp_destroy_locks_asconf")
        self.assertTrue(gone.holds((5, 10, 32)))
        self.assertFalse(gone.holds((5, 10, 37)))


if __name__ == "__main__":
    unittest.main()
