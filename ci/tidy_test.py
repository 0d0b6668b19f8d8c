#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Shows that ci/tidy.py fails: each row plants one violation in a clean tree of its own."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tidy as tidy_rules  # noqa: E402  (beside this file)

TIDY = pathlib.Path(__file__).resolve().parent / "tidy.py"
CPP = "// SPDX-License-Identifier: GPL-2.0-only\n"
SHELL = "#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-only\n"

CLEAN = {
    "README.md": "x\n",
    "LICENSE": "x\n",
    "model/README.md": "x\n",
    "model/a.h": CPP + '#include <array>\n#include "model/b.h"\n',
    "model/rules.def": CPP + "R(" + "x" * 200 + ")\n",
    "model/test/a_test.cpp": CPP + "#include <boost/test/unit_test.hpp>\n#include <string>\n",
    "conformance/README.md": "x\n",
    "conformance/cli/main.cpp": CPP + "#include <CLI/CLI.hpp>\n#include <fmt/core.h>\n"
                                '#include "conformance/vm/setup.h"\n',
    "conformance/cli/README.md": "x\n",
    "conformance/base/README.md": "x\n| " + "x" * 200 + " |\n    " + "x " * 90 + "\n",
    "conformance/base/x.h": CPP,
    "fuzz/README.md": "x\n",
    "conformance/base/test/x_test.cpp": CPP + '#include "conformance/vm/setup.h"\n',
    "conformance/test/broken.json": "{\n",
    "ci/README.md": "x\n",
    "ci/run": SHELL + "echo /proc/sys/kernel fs/workqueue.c\n",
}

LONG = "x" * 60 + " " + "y" * 60

# rule, what the row shows, file, its content, line that is named
VIOLATIONS = [
    ("spdx", "no licence line", "model/c.cpp", "int x;\n", 1),
    ("spdx", "licence too late", "model/c.cpp", "\n" + CPP, 1),
    ("spdx", "script without it", "ci/s.sh", "#!/bin/sh\necho\n", 2),
    ("spdx", "other licence", "ci/x.py", "# SPDX-License-Identifier: MIT\n", 1),
    ("spdx", "cmake file", "model/CMakeLists.txt", "project(x)\n", 1),
    ("columns", "long C++ line", "model/c.h", CPP + "// " + LONG + "\n", 2),
    ("columns", "long CMake line", "ci/x.cmake", "# " + CPP + "# " + LONG + "\n", 2),
    ("columns", "long line in a script without suffix", "ci/s", SHELL + "# " + LONG + "\n", 3),
    ("columns", "very long table row", "model/x.def", CPP + "R(" + "x" * 250 + ")\n", 2),
    ("whitespace", "trailing blank", "model/c.h", CPP + "int x; \n", 2),
    ("whitespace", "carriage return", "model/c.h", CPP + "int x;\r\n", 2),
    ("whitespace", "tab", "model/c.h", CPP + "\tint x;\n", 2),
    ("whitespace", "no last newline", "model/c.h", CPP + "int x;", 2),
    ("words", "machine path in prose", "ci/n.md", "see /ho" + "me/me/x\n", 1),
    ("words", "machine path in data", "ci/n.json", '{"x":\n"/wo' + 'rk"}\n', 2),
    ("words", "postponed work", "model/c.h", CPP + "// FIX" + "ME later\n", 2),
    ("words", "more postponed work", "ci/n.md", "TO" + "DO\n", 1),
    ("words", "tracker number", "ci/n.md", "as in issue" + " 12\n", 1),
    ("words", "not in clang-14", "conformance/base/c.cpp",
     CPP + "auto v = std::view" + "s::iota(1);\n",
     2),
    ("words", "string in the model", "model/c.cpp", CPP + "std::" + "string s;\n", 2),
    ("includes", "model to conformance", "model/c.cpp", CPP + '#include "conformance/x.h"\n', 2),
    ("includes", "model test to fuzz", "model/test/c.cpp", CPP + '#include "fuzz/x.h"\n', 2),
    ("includes", "system header in model", "model/c.h", CPP + "#include <sys/socket.h>\n", 2),
    ("includes", "std header not listed", "model/c.h", CPP + "\n# include <string>\n", 3),
    ("includes", "include in a table", "model/x.def", CPP + "#include <iostream>\n", 2),
    ("includes", "out of the model", "model/c.h", CPP + '#include "../conformance/x.h"\n', 2),
    ("includes", "quoted system header", "model/c.h", CPP + '#include "sys/socket.h"\n', 2),
    ("includes", "conformance to fuzz", "conformance/base/c.cpp", CPP + '#include "fuzz/x.h"\n', 2),
    ("includes", "CLI11 elsewhere", "conformance/base/c.cpp", CPP + "#include <CLI/CLI.hpp>\n", 2),
    ("includes", "no <format>", "conformance/base/c.cpp", CPP + "#include <format>\n", 2),
    ("rooms", "up", "conformance/base/c.cpp", CPP + '#include "conformance/world/x.h"\n', 2),
    ("rooms", "up, relatively", "conformance/base/c.h", CPP + '#include "../world/x.h"\n', 2),
    ("rooms", "beside", "conformance/words/c.cpp", CPP + '\n#include "conformance/plan/x.h"\n', 3),
    ("rooms", "back", "conformance/subject/c.h", CPP + '#include "conformance/vm/setup.h"\n', 2),
    ("rooms", "a file in the root", "conformance/c.cpp", CPP, 1),
    ("rooms", "a room that is none", "conformance/attic/c.cpp", CPP, 1),
    ("rooms", "up in fuzz", "fuzz/oracles/c.h", CPP + '#include "fuzz/targets/x.h"\n', 2),
    ("rooms", "a file in the root of fuzz", "fuzz/c.h", CPP, 1),
    ("rooms", "a test", "conformance/cli/c.cpp", CPP + '#include "conformance/vm/test/x.h"\n', 2),
    ("markdown", "long line of prose", "ci/n.md", "x\n" + LONG + "\n", 2),
    ("script-syntax", "sh", "ci/s.sh", SHELL + "if true; then\n", 1),
    ("script-syntax", "script without suffix", "ci/s", SHELL + "case x in\n", 1),
    ("script-syntax", "Python", "ci/x.py", "# " + CPP[3:] + "def f(:\n", 2),
    ("json-syntax", "JSON", "ci/n.json", '{\n"a":,\n}\n', 2),
    ("readme", "folder without README", "ci/sub/n.md", "x\n", 1),
]


def tidy(root: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-B", str(TIDY), "--root", str(root), *arguments],
                          capture_output=True, text=True)


class TidyTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def plant(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            full = self.root / path
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_bytes(text.encode())
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        subprocess.run(["git", "-C", str(self.root), "add", "-A"], check=True)

    def test_clean_tree_passes(self) -> None:
        self.plant(CLEAN)
        done = tidy(self.root)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_untracked_files_are_not_checked(self) -> None:
        self.plant(CLEAN)
        (self.root / "scratch.cpp").write_text("int x;\t\n")
        self.assertEqual(tidy(self.root).returncode, 0)

    def test_long_file_only_warns(self) -> None:
        self.plant({**CLEAN, "model/c.h": CPP + "int x;\n" * 500})
        done = tidy(self.root)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.splitlines(),
                         ["model/c.h:501: warning: length: 501 lines, aim at less than 500"])

    def test_missing_top_readme(self) -> None:
        self.plant({path: text for path, text in CLEAN.items() if path != "README.md"})
        self.assertEqual(tidy(self.root).stdout,
                         "README.md:1: readme: each folder says what it is for\n")

    def test_no_git_tree_is_skipped(self) -> None:
        self.assertEqual(tidy(self.root).returncode, 4)

    def test_usage(self) -> None:
        self.assertEqual(tidy(self.root, "--nonsense").returncode, 64)

    def test_rooms_stand_on_those_below(self) -> None:
        """From the ground up: so the table has no circle."""
        below: set[str] = set()
        for room, others in tidy_rules.ROOM_MAY_INCLUDE.items():
            house = room.rpartition("/")[0]
            self.assertLessEqual({f"{house}/{other}" for other in others.split()}, below, room)
            below.add(room)

    def test_each_rule_has_a_row(self) -> None:
        listed = {line.split()[0] for line in tidy(self.root, "--list").stdout.splitlines()}
        shown = {row[0] for row in VIOLATIONS} | {"length"}
        self.assertEqual(listed, shown)


def violation_test(rule: str, path: str, text: str, line: int):
    def test(self: TidyTest) -> None:
        beside = {} if rule == "readme" else {f"{path.rpartition('/')[0]}/README.md": "x\n"}
        self.plant({**CLEAN, **beside, path: text})
        done = tidy(self.root)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        named = f"ci/sub/README.md:1: {rule}: " if rule == "readme" else f"{path}:{line}: {rule}: "
        for output in done.stdout.splitlines():
            self.assertTrue(output.startswith(named), f"expected only {named}...: {output}")
    return test


for number, (rule_, what, path_, text_, line_) in enumerate(VIOLATIONS):
    name = f"test_{rule_}_{what}".replace(" ", "_").replace("-", "_")
    assert not hasattr(TidyTest, name), name
    setattr(TidyTest, name, violation_test(rule_, path_, text_, line_))

if __name__ == "__main__":
    unittest.main()
