# SPDX-License-Identifier: GPL-2.0-only
"""Mutants of the tables: what ci/mutants.py breaks in model/*.def.

The facts of the specification are rows. A mutant is one fact of one row: a release off by one, a
backport more or less, a flag, an errno, a context's operation, a default. Names and order of the
rows that make an enum stay, because every translation unit reads those; of the rest only the
sources that include the table are compiled again (`readers`).
"""

import functools
import pathlib
import re
from typing import Iterator, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Change(NamedTuple):
    line: int        # 1-based
    operator: str
    old: str         # the line, or for "swap" both, stripped
    new: str


# Table, macro: which column holds what. By number, or by name where the row names its columns.
RELEASES_OF = {
    ("behaviours", "BEHAVIOUR"): ("since", "until"), ("providers", "PROVIDER"): (2, 3),
    ("observables", "VIEW"): (7, 8), ("observables", "FIELD"): (1, 2),
    ("getsockopt", "SOCKOPT"): (6, 7), ("rules", "RULE"): ("since", "until"),
}
BACKPORTS_OF = {("behaviours", "BEHAVIOUR"): ("backports", "since")}  # with the column of `since`
FLAGS_OF = {("protosw", "PROTOSW"): 5}
ERRNOS_OF = {("rules", "RULE"): "errnos", ("getsockopt", "SOCKOPT"): 8}
OPERATIONS_OF = {("contexts", "CONTEXT"): 1}
DEFAULTS_OF = {("sysctls", "SYSCTL"): (3, 4, 5), ("providers", "PROVIDER"): (4,),
               ("getsockopt", "SOCKOPT"): (8,), ("proto", "PROTO"): (5, 10)}
SWAPPED = ("protosw", "PROTOSW")
ALIAS_TYPE = ("aliases", "MODALIAS"), 3

FLAGS = ("PERMANENT", "REUSE", "ICSK")
WORDS = {"absent": "builtin", "loadable": "absent", "builtin": "absent",    # providers.def
         "plain": "typesafe", "typesafe": "plain", "udp": "plain", "mptcp": "plain",
         "kmalloc": "plain"}                                                # proto.def


def split_row(line: str) -> tuple[str, list[tuple[int, int]]]:
    """The macro's name, and where each argument that ends on this line begins and ends."""
    head = re.match(r"([A-Z_]+)\(", line)
    if not head:
        return "", []
    spans, begin, depth, quoted = [], head.end(), 0, False
    for i in range(head.end(), len(line)):
        char = line[i]
        if char == '"' and line[i - 1] != "\\":
            quoted = not quoted
        if quoted:
            continue
        if char in "(<" or char == "," and depth == 0 or char in ")>":
            if char in ")>" and depth > 0:
                depth -= 1
            elif char in "(<":
                depth += 1
            else:
                text = line[begin:i]
                spans.append((begin + len(text) - len(text.lstrip()), i))
                begin = i + 1
                if char == ")":
                    break
    return head[1], spans


@functools.cache
def releases() -> list[str]:
    text = (ROOT / "model/releases.def").read_text()
    return [f"{a}.{b}" for a, b in re.findall(r"^RELEASE\((\d+), (\d+),", text, re.M)]


def by_one(release: str, until: bool) -> Iterator[str]:
    """`release` of a `since` or `until` column, one earlier and one later; "" is an end."""
    table = releases()
    if release:
        at = table.index(release)
        if at + 1 < len(table):
            yield table[at + 1]
        if at > 0:
            yield table[at - 1]
    else:
        yield table[-1] if until else table[1]


def other_backports(text: str, since: str) -> Iterator[tuple[str, str]]:
    """The list with one version less, moved by one, or with one more."""
    versions = text.split()
    for i, version in enumerate(versions):
        series, sublevel = version.rsplit(".", 1)
        yield "backport dropped", " ".join(versions[:i] + versions[i + 1:])
        for moved in (int(sublevel) + 1, int(sublevel) - 1):
            if moved > 0:
                yield "backport moved", " ".join(
                    versions[:i] + [f"{series}.{moved}"] + versions[i + 1:])
    if not since or releases().index(since) == 0:
        return
    has = {version.rsplit(".", 1)[0] for version in versions}
    before = [one for one in releases()[:releases().index(since)] if one not in has]
    if before:
        more = [*versions, f"{before[-1]}.5"]
        more.sort(key=lambda version: [int(part) for part in re.findall(r"\d+", version)])
        yield "backport added", " ".join(more)


def other_flags(text: str) -> Iterator[str]:
    flags = [] if text == "0" else text.split(" | ")
    for flag in FLAGS:
        if flag in flags:
            rest = [one for one in flags if one != flag]
            yield " | ".join(rest) if rest else "0"
        elif "BUILTIN_PERMANENT" not in flags or flag != "PERMANENT":
            yield " | ".join([*flags, flag])
    if "BUILTIN_PERMANENT" in flags:
        yield "0"


def other_operations(text: str) -> Iterator[str]:
    operations = text.split("; ")
    for i, operation in enumerate(operations):
        if len(operations) > 1:
            yield "; ".join(operations[:i] + operations[i + 1:])
        swaps = {"caps none": "caps all", "caps all-but:net_raw": "caps all-but:net_admin",
                 "caps only:net_raw": "caps only:net_admin", "nofile 0": "nofile 1",
                 "cgroup-deny": "lsm-deny-create", "lsm-deny-alloc": "lsm-deny-post-create",
                 "lsm-deny-create": "lsm-deny-post-create", "netns": "userns",
                 "lsm-deny-post-create": "lsm-deny-alloc"}
        other = swaps.get(operation) or re.sub(
            r"(\d+)$", lambda match: str(int(match[1]) + 1), operation)
        if other != operation:
            yield "; ".join(operations[:i] + [other] + operations[i + 1:])


def other_default(text: str) -> str:
    if text in WORDS:
        return WORDS[text]
    if re.fullmatch(r"-?\d+", text):
        return str(1 - int(text)) if text in ("0", "1") else str(int(text) + 1)
    match = re.fullmatch(r"constant<(-?\d+)>", text)
    return f"constant<{int(match[1]) + 1}>" if match else text


def of_row(table: str, line: str) -> Iterator[tuple[str, str]]:
    """Operator and the changed line."""
    macro, spans = split_row(line)
    row = (table, macro)

    def span(column: int | str) -> tuple[int, int] | None:
        if isinstance(column, str):
            named = re.search(rf'[.]{column} = ("[^"]*")', line)
            return named.span(1) if named else None
        return spans[column] if column < len(spans) else None

    def cell(column: int | str) -> str:
        place = span(column)
        return line[slice(*place)].strip('"') if place else ""

    def with_cell(column: int | str, text: str) -> str:
        begin, end = span(column) or (0, 0)
        quote = '"' if line[begin] == '"' else ""
        return line[:begin] + quote + text + quote + line[end:]

    if row in RELEASES_OF:
        for column, what in zip(RELEASES_OF[row], ("since", "until")):
            for other in by_one(cell(column), what == "until"):
                yield what, with_cell(column, other)
    if row in BACKPORTS_OF:
        column, since = BACKPORTS_OF[row]
        for what, text in other_backports(cell(column), cell(since)):
            yield what, with_cell(column, text)
    if row in FLAGS_OF:
        for text in other_flags(cell(FLAGS_OF[row])):
            yield "flag", with_cell(FLAGS_OF[row], text)
    if row in ERRNOS_OF:
        column = ERRNOS_OF[row]
        for match in re.finditer(r"\bk?E([A-Z]+)\b", cell(column)):
            other = "EPERM" if match[1] != "PERM" else "EACCES"
            text = cell(column)
            prefix = "k" if match[0].startswith("k") else ""
            yield "errno", with_cell(column, text[:match.start()] + prefix + other +
                                     text[match.end():])
    if row in OPERATIONS_OF:
        for text in other_operations(cell(OPERATIONS_OF[row])):
            yield "context operation", with_cell(OPERATIONS_OF[row], text)
    for column in DEFAULTS_OF.get(row, ()):
        if table == "sysctls" and column - 3 >= int(cell(2)):
            continue  # it has fewer numbers
        other = other_default(cell(column))
        if other != cell(column):
            yield "default", with_cell(column, other)
    if row == ALIAS_TYPE[0]:
        column = ALIAS_TYPE[1]
        yield "alias", with_cell(column, "kSOCK_RAW" if cell(column) == "-1" else "-1")


def of_one_list(above: str, below: str) -> bool:
    """Two entries whose order shows: of one family's list for one type, each on some release."""
    cells = []
    for line in (above, below):
        macro, spans = split_row(line)
        if ("protosw", macro) != SWAPPED:
            return False
        cells.append([line[slice(*span)] for span in spans])
    return cells[0][:2] == cells[1][:2] and cells[0][2] != cells[1][2]


def of_table(path: pathlib.Path) -> Iterator[Change]:
    lines = path.read_text().split("\n")
    for number, line in enumerate(lines, 1):
        for operator, new in of_row(path.stem, line):
            yield Change(number, operator, line.strip(), new.strip())
        if path.stem == SWAPPED[0] and number < len(lines) and of_one_list(line, lines[number]):
            below = lines[number]
            yield Change(number, "neighbours swapped", f"{line.strip()} {below.strip()}",
                         f"{below.strip()} {line.strip()}")


def readers(table: str) -> list[str]:
    """The model's sources that read the rows of "model/NAME.def"."""
    include = f'#include "{table}"'
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / "model").glob("*.cpp"))
            if include in path.read_text()]
