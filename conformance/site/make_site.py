#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the static site: explorer, reports of recordings, bugs, tables of the model, an index.

usage: make_site.py SOCKORACLE MODULE.js OUTPUT_FOLDER [RECORDING...]
Without recordings: all of corpus/recordings. Everything opens from disk and loads nothing from
elsewhere. Exit status: 0 written, 1 a report or a program failed, 64 usage.
"""

import html
import json
import pathlib
import re
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
POLICY = ("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
          "base-uri 'none'; form-action 'none'")
PAGES = [  # file, name in the navigation
    ("index.html", "Overview"), ("explorer.html", "Explorer"), ("reports.html", "Real kernels"),
    ("cves.html", "Bugs"), ("rules.html", "Rules"), ("behaviours.html", "Behaviours"),
    ("observables.html", "Observables"), ("worlds.html", "Worlds"),
]
# The tables: what `list` calls them, the sentence above each.
LISTINGS = [
    ("rules", "Rules", "The decisions of the kernel's path, in the kernel's order. The first that "
     "refuses decides."),
    ("behaviours", "Behaviours", "What changed between releases, with the commit, the CVE and the "
     "stable releases that got it too."),
    ("observables", "Observables", "What a fresh socket shows, and how it is read."),
    ("worlds", "Worlds", "All that an answer depends on, as flags of every command."),
]
REPOSITORY = "https://git.kernel.org/torvalds/c/"


def escape(text) -> str:
    return html.escape(str(text), quote=True)


class Site:
    def __init__(self, tool: str, folder: pathlib.Path):
        self.tool, self.folder, self.wrong = tool, folder, 0
        self.style = (HERE / "page.css").read_text()

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.tool, *arguments], capture_output=True, text=True, timeout=300)

    def listing(self, what: str) -> list:
        return json.loads(self.run("list", what, "--format", "json").stdout)

    def nav(self, here: str) -> str:
        return " ".join(
            f'<a href="{file}"{" aria-current=page" if file == here else ""}>{name}</a>'
            for file, name in PAGES)

    def page(self, file: str, title: str, body: str) -> None:
        (self.folder / file).write_text(f"""<!doctype html>
<html lang=en>
<head>
<meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="{POLICY}">
<meta name=viewport content="width=device-width,initial-scale=1">
<title>sockoracle: {escape(title)}</title>
<style>{self.style}</style>
</head>
<body>
<header><nav aria-label=Site>{self.nav(file)}</nav></header>
<main>
<h1>{escape(title)}</h1>
{body}</main>
</body>
</html>
""")


def table(columns: list, rows: list, ids: list = None) -> str:
    """`rows` of markup."""
    head = "".join(f"<th scope=col>{escape(name)}" for name in columns)
    body = []
    for index, cells in enumerate(rows):
        name = f' id="{escape(ids[index])}"' if ids and ids[index] else ""
        body.append(f"<tr{name}>" + "".join(
            f"<td class=prose>{cell}" if column == "sentence" else f"<td>{cell}"
            for column, cell in zip(columns, cells)))
    return (f'<div class=wide tabindex=0 role=region aria-label="Table"><table class=listing>\n'
            f"<thead><tr>{head}</thead>\n<tbody>\n" + "\n".join(body) +
            "\n</tbody></table></div>\n")


def explorer_link(call: str, **world: str) -> str:
    return "explorer.html#" + urllib.parse.urlencode({"call": call, **world})


# ---- the explorer --------------------------------------------------------------------------------

def write_explorer(site: Site, module: pathlib.Path) -> None:
    library = module.read_text() + "\n" + (HERE / "api.js").read_text()
    (site.folder / "sockoracle.js").write_text(library)
    script = (HERE / "explorer.js").read_text()
    for text in (library, script):
        if "</script" in text or "<!--" in text:
            raise SystemExit("a script that would end its own element")
    page = (HERE / "explorer.html").read_text()
    parts = {"page.css": site.style, "nav": site.nav("explorer.html"), "sockoracle.js": library,
             "explorer.js": script}
    page = re.sub(r"@([a-z.]+)@", lambda found: parts[found[1]], page)
    (site.folder / "explorer.html").write_text(page)


# ---- reports of real kernels ---------------------------------------------------------------------

def write_reports(site: Site, recordings: list) -> list:
    (site.folder / "reports").mkdir(exist_ok=True)
    rows = []
    for path in recordings:
        target = site.folder / "reports" / (path.stem + ".html")
        done = site.run("report", "--format", "html", "-o", str(target), str(path))
        summary = site.run("report", "--format", "json", str(path))
        if done.returncode != 0 or summary.returncode != 0:
            print(f"{path}: {done.stderr}{summary.stderr}", file=sys.stderr)
            site.wrong += 1
            continue
        facts = json.loads(summary.stdout)["comparisons"][0]
        rows.append([f'<a href="reports/{escape(path.stem)}.html">{escape(path.stem)}</a>',
                     escape(facts["release"]), f"{facts['checked_cases']:,}",
                     f"{facts['values']:,}", f"{facts['skipped_cases']:,}", *verdict_cells(facts)])
    return rows


def verdict_cells(facts: dict) -> list:
    """The state, as the report itself says it, and the numbers behind it."""
    look = {"conforms": "good", "known differences": "warn", "new differences": "bad"}
    reasons = [finding["reason"] for finding in facts["findings"] if finding["known"]]
    known = len(reasons)
    return [f'<span class={look.get(facts["verdict"], "dim")}>{facts["verdict"]}</span>',
            f"{len(facts['findings']) - known + len(facts['stale']):,}",
            f"{len(set(reasons)):,} ({known:,})" if known else "0", f"{facts['wrong_errnos']:,}"]


def write_all_releases(site: Site, recordings: list) -> None:
    """One page with a slider over the recordings of kernels without modules."""
    plain = [str(path) for path in recordings if re.fullmatch(r"linux-[\d.]+", path.stem)]
    target = site.folder / "reports" / "all-releases.html"
    done = site.run("report", "--format", "html", "-o", str(target), *plain)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        site.wrong += 1


def kernels_page(site: Site, rows: list) -> None:
    columns = ["recording", "kernel", "cases", "values of fresh sockets", "skipped",
               "against the model", "new differences", "known causes (classes)",
               "cases with a wrong errno"]
    site.page("reports.html", "Answers of real kernels",
              "<p>Each recording holds what one kernel answered; its report compares every answer "
              "with the model: maps of the answers, findings by cause, fresh sockets field by "
              "field, the rules it showed. "
              "<a href=\"reports/all-releases.html\">All releases on one page</a> has a slider "
              "through them.</p>\n" + table(columns, rows))


# ---- bugs ----------------------------------------------------------------------------------------

def bug_facts() -> dict:
    """Rows of corpus/cves/README.md whose first cell names a program."""
    facts = {}
    for line in (SOURCE / "corpus" / "cves" / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and re.fullmatch(r"`[\w-]+`", cells[0]):
            facts[cells[0].strip("`")] = cells[1:]
    return facts


def code_of(text: str) -> str:
    return re.sub(r"`([^`]*)`", lambda found: f"<code>{found[1]}</code>", escape(text))


def write_bugs(site: Site) -> int:
    facts, articles = bug_facts(), []
    programs = sorted((SOURCE / "corpus" / "cves").glob("*.prog"))
    for path in programs:
        text = path.read_text()
        about = " ".join(line[2:] for line in text.splitlines() if line.startswith("# "))
        played = site.run("replay", str(path))
        if played.returncode not in (0, 1):
            print(f"{path}: {played.stderr}", file=sys.stderr)
            site.wrong += 1
        shown = "\n".join(line[2:] for line in played.stdout.splitlines() if line[:2] == "  ")
        name = path.stem
        cells = facts.get(name, ["", "", "", ""])
        title = (f'<a href="https://nvd.nist.gov/vuln/detail/{name}">{name}</a>'
                 if name.startswith("CVE-") else escape(name))
        rows = "".join(f"<dt>{key}</dt><dd>{code_of(value)}</dd>" for key, value in
                       zip(("releases", "needs", "effect", "seen as"), cells) if value)
        articles.append(
            f'<article id="{name}"><h2>{title}</h2>\n<p>{escape(about)}</p>\n'
            f"<dl class=facts>{rows}</dl>\n"
            f"<details><summary>The program</summary><pre class=wrap>{escape(text)}</pre>"
            f"</details>\n<details open><summary>What the model does with it</summary>"
            f"<pre class=wrap>{escape(shown)}</pre></details></article>\n")
    site.page("cves.html", "Bugs of the kernel's path, as programs",
              "<p>Published bugs of this path. The model of a release that had one has it too: "
              "each program shows it, and a fixed release is clean.</p>\n" + "".join(articles))
    return len(programs)


# ---- tables of the model -------------------------------------------------------------------------

def listing_cell(what: str, key: str, value: str) -> str:
    if what == "behaviours" and key == "commit" and re.fullmatch(r"[0-9a-f]{8,40}", value):
        return f'<a href="{REPOSITORY}{value}"><code>{value}</code></a>'
    if key == "cve" and (SOURCE / "corpus" / "cves" / f"{value}.prog").exists():
        return f'<a href="cves.html#{value}">{value}</a>'
    if key in ("rule", "behaviour", "observable", "where", "source", "value", "commit"):
        return f"<code>{escape(value)}</code>"
    return escape(value)


def write_listings(site: Site) -> dict:
    counts = {}
    for what, title, sentence in LISTINGS:
        rows = site.listing(what)
        columns = list(rows[0])
        if "sentence" in columns:  # what a reader wants stands next to the name
            columns.insert(1 if what != "worlds" else 2, columns.pop(columns.index("sentence")))
        cells = [[listing_cell(what, key, row[key]) for key in columns] for row in rows]
        ids = [row[columns[0]] if what != "worlds" else "" for row in rows]
        site.page(f"{what}.html", title, f"<p>{escape(sentence)}</p>\n" +
                  table(columns, cells, ids))
        counts[what] = len(rows)
    return counts


# ---- the index -----------------------------------------------------------------------------------

EXAMPLES = [
    ("Why EPERM, and what would help?", "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)",
     {"as": "nobody"}),
    ("A ping socket, and the groups that may have one", "socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)",
     {"as": "nobody", "release": "6.12"}),
    ("MPTCP: three answers over the years", "socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)", {}),
    ("SCTP where the module is missing", "socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP)",
     {"release": "6.12", "modules.sctp": "absent"}),
    ("DCCP, before and after it went", "socket(AF_INET, SOCK_DCCP, 0)",
     {"release": "6.15", "compare": "6.16"}),
]


def index_page(site: Site, kernels: list, bugs: int, counts: dict, releases: list) -> None:
    examples = "".join(
        f'<li><a href="{escape(explorer_link(call, **world))}">{escape(text)}</a>: '
        f"<code>{escape(call)}</code>" for text, call, world in EXAMPLES)
    site.page("index.html", "What does socket() answer, and why?", f"""
<p><code>socket(AF_INET, type, protocol)</code>: on every Linux release from {releases[0]} to
{releases[-1]}, in every configuration, for every caller. An executable model of the kernel's path
gives the answer; real kernels keep it honest.</p>
<ul>
<li><a href="explorer.html">Errno explorer</a>: the model in this page. Choose a world, type a call
or click the map: answer, rule, steps, fresh socket, history, what would make it succeed.
<li><a href="reports.html">Real kernels</a>: {len(kernels)} recordings, each compared with the
model.
<li><a href="cves.html">Bugs</a>: {bugs} published bugs of this path as programs.
<li><a href="rules.html">Rules</a>: {counts["rules"]} decisions in the kernel's order;
<a href="behaviours.html">behaviours</a>: {counts["behaviours"]} changes between releases;
<a href="observables.html">observables</a>: {counts["observables"]} views of a fresh socket;
<a href="worlds.html">worlds</a>: what an answer depends on.
<li><a href="sockoracle.js">sockoracle.js</a>: the model for your own page or for node, one file.
</ul>
<h2>To begin with</h2>
<ul>{examples}</ul>
""")


def place_of(path: pathlib.Path) -> tuple:
    """Kernels by their numbers, then other systems by their names."""
    if not path.stem.startswith(("linux-", "uml-")):
        return True, [], path.stem
    return False, [int(part) for part in re.findall(r"\d+", path.stem)], path.stem


def main() -> int:
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 64
    site = Site(sys.argv[1], pathlib.Path(sys.argv[3]))
    site.folder.mkdir(parents=True, exist_ok=True)
    recordings = [pathlib.Path(name) for name in sys.argv[4:]] or sorted(
        (SOURCE / "corpus" / "recordings").glob("*.jsonl"),
        key=place_of)
    write_explorer(site, pathlib.Path(sys.argv[2]))
    counts = write_listings(site)
    bugs = write_bugs(site)
    kernels = write_reports(site, recordings)
    write_all_releases(site, recordings)
    kernels_page(site, kernels)
    releases = [row["release"] for row in site.listing("releases")]
    index_page(site, kernels, bugs, counts, releases)
    size = sum(path.stat().st_size for path in site.folder.rglob("*") if path.is_file())
    print(f"{site.folder}: {len(kernels)} reports, {bugs} bugs, {size / 1e6:.1f} MB",
          file=sys.stderr)
    return 1 if site.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
