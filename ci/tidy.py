#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""House style as a test: checks every file that git tracks.

usage: ci/tidy.py [--root DIR] [--list]

Prints one `file:line: rule: what is wrong` per violation on stdout. Exit status: 0 clean
(warnings allowed), 1 violations, 4 not a git work tree (nothing to check), 64 usage.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
from typing import Callable, Iterator, NamedTuple

LICENSE_LINE = "SPDX-License-Identifier: GPL-2.0-only"

# --- what is forbidden: rows ---------------------------------------------------------------------

# The patterns are written so that they do not match themselves.
BANNED_WORDS = [
    # pattern, files it concerns, reason
    (r"(?<![\w.\-}])/(?:home|Users|work|workspace|builds)\b", r".*",
     "a path of one machine"),
    (r"\bFIX[M]E\b|\bTO[D]O\b", r".*", "finish it, or report it in the tracker"),
    (r"\bissue[ ]#?\d", r".*", "say what is meant, not where it was discussed"),
    (r"\bstd::view[s]\b|\bstd::source_locatio[n]\b|\bstd::expecte[d]\b", r".*\.(cpp|h)",
     "clang-14 with libstdc++-12 does not have it"),
    (r"\bstd::(?:string|map|unordered_map|function|cout|cerr)\b", r"model/(?!test/).*\.(cpp|h)",
     "the model has no I/O and no standard containers but vector (MSan must see all of it)"),
]

MODEL_STD_HEADERS = frozenset("""
    algorithm array bit bitset compare concepts cstddef cstdint cstdlib cstring initializer_list
    iterator limits memory new optional span string_view type_traits utility vector
""".split())

# Include directions: files, names that no include may match, reason. model/ without its tests has
# an allow list beyond that: the headers above, and its own.
BANNED_INCLUDES = [
    (r"model/.*", r"(conformance|fuzz)/.*", "model/ depends on nothing"),
    (r"model/.*", r"(fmt|nlohmann|CLI)/.*", "model/ depends on nothing"),
    (r"conformance/.*", r"(.*/)?fuzz/.*", "fuzz/ depends on conformance/, never the reverse"),
    (r"(?!conformance/cli/main\.cpp$).*", r"CLI/.*",
     "CLI11 belongs to conformance/cli/main.cpp alone"),
    (r"fuzz/.*", r"(fmt|nlohmann)/.*", "fuzz/ has no dependency of its own"),
    (r".*\.(cpp|h)", r"format|ranges|source_location|expected", "not with clang-14 + libstdc++-12"),
]

# The rooms of conformance/ and fuzz/, from the ground up, and which others each may include. Tests
# may include every room, but no room includes a test.
ROOM_MAY_INCLUDE = {
    "conformance/base": "",
    "conformance/process": "base",
    "conformance/world": "base process",
    "conformance/seccomp": "base world",
    "conformance/situation": "base process world seccomp",
    "conformance/words": "base world",
    "conformance/plan": "base world words",
    "conformance/compare": "base world words plan",
    "conformance/client": "base world plan",
    "conformance/recording": "base plan compare",
    "conformance/explain": "base process world words plan compare",
    "conformance/whitebox": "base world words plan compare client",
    "conformance/report": "base world words plan compare explain",
    "conformance/judge": "base world seccomp situation words explain",
    "conformance/subject": "base world words plan compare client recording whitebox",
    "conformance/vm": "base process world words plan compare client whitebox subject",
    "conformance/site": "base process world words explain judge",
    "conformance/watch": "base process world words judge",
    "conformance/cli": "base process world seccomp situation words plan compare client recording "
                       "explain whitebox report judge subject vm watch",
    "conformance/probe": "",
    "conformance/launchers": "base world seccomp situation",
    "fuzz/generators": "",
    "fuzz/oracles": "",
    "fuzz/targets": "generators oracles",
    "fuzz/campaign": "generators oracles",
}

# A README stands in each folder; these are described by the README above them. A README among the
# inputs of a fuzz target would be one of them.
FOLDERS_WITHOUT_README = r"(.*/)?(\..*|test)(/.*)?|corpus/(seeds|regressions)/\w+_fuzzer"

LINE_COLUMNS = [  # first match counts
    (r".*\.def", 240),
    (r".*\.(cpp|h|c|cmake|py|sh)|(.*/)?CMakeLists\.txt", 100),
]
MARKDOWN_COLUMNS = 100
FILE_LINES = 500


# --- files ---------------------------------------------------------------------------------------

class File(NamedTuple):
    path: str
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @property
    def shell(self) -> str | None:
        """The interpreter that would run this script, where it is a shell script."""
        match = re.match(r"#!\s*(?:/usr/bin/env\s+|/bin/|/usr/bin/)(sh|bash|dash)\b", self.text)
        if match:
            return match[1]
        return "sh" if self.path.endswith(".sh") else None

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py") or bool(re.match(r"#!.*python3", self.text))

    @property
    def is_cpp(self) -> bool:
        return self.path.endswith((".cpp", ".h", ".c", ".def"))

    @property
    def is_source(self) -> bool:
        cmake = self.path.endswith(".cmake") or self.path.split("/")[-1] == "CMakeLists.txt"
        return bool(self.is_cpp or cmake or self.is_python or self.shell)


class Tree(NamedTuple):
    root: pathlib.Path
    files: list[File]


Violation = tuple[int, str]  # line (1 where the whole file is meant), text


def read_tree(root: pathlib.Path) -> Tree:
    # safe.directory: CI often runs as root on somebody else's checkout.
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z"],
        capture_output=True, check=True).stdout.decode()
    files = []
    for path in sorted(filter(None, listing.split("\0"))):
        full = root / path
        if full.is_symlink() or not full.is_file():
            continue
        raw = full.read_bytes()
        if b"\0" in raw[:8192]:
            continue
        files.append(File(path, raw.decode("utf-8", errors="replace")))
    return Tree(root, files)


# --- rules about one file ------------------------------------------------------------------------

def spdx(file: File) -> Iterator[Violation]:
    if not file.is_source:
        return
    line = 2 if file.text.startswith("#!") else 1
    if len(file.lines) < line or LICENSE_LINE not in file.lines[line - 1]:
        yield line, f"expected `{LICENSE_LINE}` on this line"


def columns(file: File) -> Iterator[Violation]:
    limit = next((n for pattern, n in LINE_COLUMNS if re.fullmatch(pattern, file.path)), None)
    if limit is None and (file.shell or file.is_python):
        limit = 100
    if limit is None:
        return
    for number, line in enumerate(file.lines, 1):
        if len(line) > limit:
            yield number, f"{len(line)} columns, at most {limit}"


def markdown(file: File) -> Iterator[Violation]:
    """Prose as wide as code, so that less and git diff show it; tables and examples excepted."""
    if not file.path.endswith(".md"):
        return
    fenced = False
    for number, line in enumerate(file.lines, 1):
        fenced ^= line.startswith("```")
        example = fenced or line.startswith(("    ", "|", "<"))
        if len(line) > MARKDOWN_COLUMNS and not example and " " in line.strip():
            yield number, f"{len(line)} columns, at most {MARKDOWN_COLUMNS}"


def whitespace(file: File) -> Iterator[Violation]:
    if not file.is_source:
        return
    # C programs that the tool writes, R"c(...)c", are in the kernel's style: with tabs.
    foreign = False
    for number, line in enumerate(file.lines, 1):
        foreign = (foreign or 'R"c(' in line) and ')c"' not in line
        if line != line.rstrip():
            yield number, "blanks or a carriage return at the end of the line"
        if line.startswith("\t") and not foreign:
            yield number, "indented by a tab"
    if file.text and not file.text.endswith("\n"):
        yield len(file.lines), "no newline at the end of the file"


def words(file: File) -> Iterator[Violation]:
    if file.path == "LICENSE":
        return
    for pattern, where, reason in BANNED_WORDS:
        if not re.fullmatch(where, file.path):
            continue
        for match in re.finditer(pattern, file.text):
            number = file.text.count("\n", 0, match.start()) + 1
            yield number, f"`{match[0]}`: {reason}"


def includes(file: File) -> Iterator[Violation]:
    if not file.is_cpp:
        return
    for number, line in enumerate(file.lines, 1):
        match = re.match(r"\s*#\s*include\s*([<\"])([^>\"]*)", line)
        if not match:
            continue
        quote, name = match.groups()
        for where, banned, reason in BANNED_INCLUDES:
            if re.fullmatch(where, file.path) and re.fullmatch(banned, name):
                yield number, f"`{name}`: {reason}"
        if not re.fullmatch(r"model/(?!test/).*", file.path):
            continue
        if quote == "<" and name not in MODEL_STD_HEADERS:
            yield number, f"<{name}> is not among the headers model/ may use"
        if quote == '"' and "/" in name and not re.fullmatch(r"model/(?!.*\.\./).*", name):
            yield number, f"`{name}`: only headers of model/, written from the top: model/..."


def rooms(file: File) -> Iterator[Violation]:
    found = re.fullmatch(r"(conformance|fuzz)/(?:([a-z]+)/)?(.*)", file.path)
    if not (found and file.is_cpp) or found[2] in ("test", "schema", "subjects"):
        return
    house, room, rest = found.groups()
    if f"{house}/{room}" not in ROOM_MAY_INCLUDE:
        yield 1, f"no room of ROOM_MAY_INCLUDE: {', '.join(ROOM_MAY_INCLUDE)}"
        return
    is_test = rest.startswith("test/")
    allowed = {room, *ROOM_MAY_INCLUDE[f"{house}/{room}"].split()}
    for number, line in enumerate(file.lines, 1):
        match = re.match(rf'\s*#\s*include\s*"(?:{house}/|(?:\.\./)+)([a-z]+)/([^"]*)"', line)
        if match and not is_test and match[1] not in allowed:
            yield number, f"{room}/ may not include {match[1]}/"
        if match and not is_test and match[2].startswith("test/"):
            yield number, "a room includes no test"


def script_syntax(file: File) -> Iterator[Violation]:
    if file.shell:
        done = subprocess.run([file.shell, "-n"], input=file.text.encode(), capture_output=True)
        if done.returncode != 0:
            yield 1, done.stderr.decode().strip()
    if file.is_python:
        try:
            compile(file.text, file.path, "exec")
        except SyntaxError as error:
            yield error.lineno or 1, str(error.msg)


def json_syntax(file: File) -> Iterator[Violation]:
    # What a test feeds to a parser may be broken on purpose.
    if not file.path.endswith(".json") or "/test/" in file.path:
        return
    try:
        json.loads(file.text)
    except json.JSONDecodeError as error:
        yield error.lineno, error.msg


def length(file: File) -> Iterator[Violation]:
    if file.is_source and not file.path.endswith(".def") and len(file.lines) - 1 > FILE_LINES:
        yield FILE_LINES + 1, f"{len(file.lines) - 1} lines, aim at less than {FILE_LINES}"


# --- rules about the tree ------------------------------------------------------------------------

def readme(tree: Tree) -> Iterator[tuple[str, int, str]]:
    tracked = {file.path for file in tree.files}
    folders = {"."}
    for path in tracked:
        folders.update(str(parent) for parent in pathlib.PurePosixPath(path).parents)
    for folder in sorted(folders):
        name = "README.md" if folder == "." else f"{folder}/README.md"
        if folder != "." and re.fullmatch(FOLDERS_WITHOUT_README, folder):
            continue
        if name not in tracked:
            yield name, 1, "each folder says what it is for"


# --- the table -----------------------------------------------------------------------------------

class Rule(NamedTuple):
    name: str
    sentence: str
    check_file: Callable[[File], Iterator[Violation]] | None = None
    check_tree: Callable[[Tree], Iterator[tuple[str, int, str]]] | None = None
    warns_only: bool = False


RULES = [
    Rule("spdx", "sources begin with the licence line (second line after #!)", spdx),
    Rule("columns", "code at most 100 columns, tables (.def) at most 240", columns),
    Rule("markdown", f"prose at most {MARKDOWN_COLUMNS} columns (tables, examples excepted)",
         markdown),
    Rule("whitespace", "no trailing blanks, no tabs, a newline at the end", whitespace),
    Rule("words", "no machine paths, no postponed work, nothing clang-14 lacks", words),
    Rule("includes", "ci -> fuzz, conformance -> model; model needs nothing", includes),
    Rule("rooms", "rooms of conformance/ and fuzz/ include only those that they may", rooms),
    Rule("script-syntax", "shell and Python scripts parse", script_syntax),
    Rule("json-syntax", "JSON files parse (test inputs excepted)", json_syntax),
    Rule("readme", "each folder has a README.md", check_tree=readme),
    Rule("length", f"files stay under {FILE_LINES} lines (warning)", length, warns_only=True),
]


def violations(rule: Rule, tree: Tree) -> Iterator[tuple[str, int, str]]:
    if rule.check_tree:
        yield from rule.check_tree(tree)
    if rule.check_file:
        for file in tree.files:
            for line, text in rule.check_file(file):
                yield file.path, line, text


def main() -> int:
    parser = argparse.ArgumentParser(description="House style as a test.")
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--list", action="store_true", help="print the rules")
    try:
        options = parser.parse_args()
    except SystemExit as stop:
        return 64 if stop.code else 0
    if options.list:
        for rule in RULES:
            print(f"{rule.name:14} {rule.sentence}")
        return 0
    try:
        tree = read_tree(options.root)
    except (subprocess.CalledProcessError, FileNotFoundError):
        print(f"tidy: {options.root} is not a git work tree: skipped", file=sys.stderr)
        return 4
    failed = 0
    for rule in RULES:
        for path, line, text in violations(rule, tree):
            kind = "warning: " if rule.warns_only else ""
            print(f"{path}:{line}: {kind}{rule.name}: {text}")
            failed += not rule.warns_only
    print(f"tidy: {len(tree.files)} files, {len(RULES)} rules, {failed} violations",
          file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
