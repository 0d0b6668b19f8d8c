#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The tables of model/README.md: every line of the listing covered once, every name real.

Prints one line per violation; exit status 0 clean, 1 violations.
"""

import pathlib
import re
import sys

MODEL = pathlib.Path(__file__).resolve().parent.parent
README = MODEL / "README.md"
CASES = MODEL.parent / "conformance/plan/cases.def"

# The listing: which lines of which file of the kernel (3.12) it shows.
LISTING = {
    "af_inet.c": [(271, 416), (1019, 1023)],
    "sock.c": [(1246, 1289), (1329, 1359)],
    "inet_sock.h": [(117, 177)],
}


def rows(section: str) -> list[tuple[int, list[str]]]:
    """The cells of each table row under a heading, with its line number."""
    found, inside = [], False
    for number, line in enumerate(README.read_text().split("\n"), 1):
        if line.startswith("## "):
            inside = line == "## " + section
        elif inside and line.startswith("| ") and not line.startswith("| ---"):
            found.append((number, [cell.strip() for cell in line.strip("|").split(" | ")]))
    return found[1:]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]*)`", cell)


def sources() -> str:
    return "".join(path.read_text() for path in sorted(MODEL.glob("*.[ch]*")))


def function_exists(name: str) -> bool:
    path, _, function = name.partition(":")
    file = MODEL / path
    return file.is_file() and re.search(rf"\b{re.escape(function)}\(", file.read_text()) is not None


def test_exists(name: str) -> bool:
    file, _, case = name.partition("/")
    source = MODEL / "test" / (file + ".cpp")
    if source.is_file():
        text = source.read_text()
        return f"BOOST_AUTO_TEST_CASE({case})" in text or f'BOOST_AUTO_TEST_CASE({case},' in text \
            or f'add_named_test("{case}"' in text
    return f'CASE("{name}",' in CASES.read_text()


def word_exists(kind: str, name: str, text: str) -> bool:
    if kind == "rule":
        return f"RULE({name}," in (MODEL / "rules.def").read_text()
    if kind == "step":
        # Under another name on earlier releases: "sock_release 4.18:__sock_release".
        return f'"{name}"' in text or f':{name}"' in text
    if kind == "hazard":
        return f"HAZARD({name}," in (MODEL / "hazards.def").read_text()
    return kind == "field" and re.search(rf"\b{re.escape(name)}\b", text) is not None


def check_cells(line: int, cells: list[str], text: str) -> list[str]:
    wrong = []
    model, word, tests = cells
    if model == "not modelled":
        return [] if word else [f"{line}: says not why it is not modelled"]
    wrong += [f"{line}: no function {name}" for name in quoted(model) if not function_exists(name)]
    kind = word.split(" ")[0]
    if not quoted(word) or not all(word_exists(kind, name, text) for name in quoted(word)):
        wrong.append(f"{line}: no such {word}")
    wrong += [f"{line}: no test or case {name}" for name in quoted(tests) if not test_exists(name)]
    if not quoted(model) or not quoted(tests):
        wrong.append(f"{line}: names no function or no test")
    return wrong


def check_lines(table: list[tuple[int, list[str]]]) -> list[str]:
    wrong = []
    seen: dict[tuple[str, int], int] = {}
    for line, cells in table:
        match = re.fullmatch(r"(\S+) (\d+)(?:-(\d+))?", cells[0])
        if not match:
            wrong.append(f"{line}: `{cells[0]}` is not FILE FIRST-LAST")
            continue
        for n in range(int(match[2]), int(match[3] or match[2]) + 1):
            if (match[1], n) in seen:
                wrong.append(f"{line}: {match[1]} {n} stands on line {seen[match[1], n]} already")
            seen[match[1], n] = line
    wanted = {(file, n) for file, parts in LISTING.items()
              for low, high in parts for n in range(low, high + 1)}
    wrong += [f"{file} {n} is in no row" for file, n in sorted(wanted - set(seen))]
    wrong += [f"{seen[key]}: {key[0]} {key[1]} is not in the listing"
              for key in sorted(set(seen) - wanted)]
    return wrong


def main() -> int:
    text = sources()
    listing, around = rows("listing"), rows("Around the listing")
    wrong = check_lines(listing)
    for line, cells in listing:
        wrong += check_cells(line, cells[2:], text)
    for line, cells in around:
        wrong += check_cells(line, cells[1:], text)
    if len(listing) < 40 or len(around) < 20:
        wrong.append("the tables were not found")
    for violation in wrong:
        print(f"model/README.md:{violation}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
