#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does what tests the model notice when the model is wrong? Mutates it and counts.

usage: ci/mutants.py [--tables] [--count N] [--jobs N] [--fuzz-seconds S] [--seed N] [--only REGEX]
                     [--list] [--again]

A mutant is one small change: in model/*.cpp a statement dropped, a comparison flipped, two
neighbours swapped, another errno, a number off by one; with --tables in model/*.def, where the
facts stand, those of mutants_tables.py. Of each only the sources that read the changed file are
compiled; all programs link the model as a shared library. It counts as killed by the first of: the
model's unit tests (the gallery of corpus/cves among them), the recordings of real kernels, the
golden files, `check --deep` of this machine's kernel, S seconds (10) of fuzzing with ASan. What
does not compile is replaced by another. Prints a table and the survivors.

A wrong row is wrong for the fuzzers' second opinion too, which reads the same tables, so they do
not judge tables. Golden files that print a table (`list ...`) notice that a row is not what it was,
and know no better what it should be: they are asked last, and counted apart.

Results are kept in build/mutants/results.jsonl for the state of the sources they were made for:
interrupted, the next run goes on. --again forgets them. ci/mutants-equivalent.txt names mutants
that change nothing, with reasons; they are not run, and not counted.
Exit status: 0 done (whatever the score), 64 usage, 69 no clang-14 or ninja, 70 the unchanged model
does not pass, 130 interrupted.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Iterator, NamedTuple

import mutants_tables

ROOT = pathlib.Path(__file__).resolve().parent.parent
STATE = ROOT / "build/mutants"
EQUIVALENT = ROOT / "ci/mutants-equivalent.txt"
LIBRARY = "libsockoracle_model_mutant.so"
FILES_WITHOUT = {"model/text_out.cpp"}
PRINTED = "printed tables"
TIME_FACTOR, TIME_FLOOR = 5, 20.0   # a mutant may take that much longer than the model itself
interrupted = threading.Event()


def say(text: str) -> None:
    print(f"mutants: {text}", file=sys.stderr, flush=True)


# --- mutants -------------------------------------------------------------------------------------

class Mutant(NamedTuple):
    file: str
    line: int        # 1-based, of the first line changed
    operator: str
    old: str         # the changed lines, stripped
    new: str

    @property
    def key(self) -> str:
        return f"{self.file}: {self.operator} `{self.old}` -> `{self.new}`"


FLIPS = {"==": "!=", "!=": "==", "<=": ">", ">=": "<", " < ": " >= ", " > ": " <= ",
         "&&": "||", "||": "&&"}
DECLARATION = re.compile(
    r"(const|constexpr|static|auto|struct|class|enum|using|namespace|template|extern|typedef|goto|"
    r"bool|int|char|void|size_t|u?int\d+_t|std::|return|break|continue|case|default|else|public|"
    r"private|[A-Z]\w*(<.*>)?[&*]? \w+)\b")
STATEMENT = re.compile(r"\s+(?:if \(.*\) )?([\w:.&*\[\]()>+-]|-(?=[-])).*;$")


def outside_strings(line: str) -> list[bool]:
    """Which characters are code: not in a literal, not in a comment."""
    code, quote = [], ""
    for i, char in enumerate(line):
        if quote:
            code.append(False)
            if char == quote and line[i - 1] != "\\":
                quote = ""
        elif line.startswith("//", i):
            return code + [False] * (len(line) - i)
        else:
            if char in "\"'" and not (char == "'" and i and line[i - 1].isdigit()):
                quote = char
            code.append(not quote)
    return code


def is_statement(line: str) -> bool:
    text = line.strip()
    balanced = text.count("(") == text.count(")") and "{" not in text and "}" not in text
    return bool(STATEMENT.fullmatch(line)) and balanced and not DECLARATION.match(text) \
        and not text.startswith(("//", "#", "}", ":", "?"))


def on_line(file: str, number: int, line: str) -> Iterator[Mutant]:
    text = line.strip()
    code = outside_strings(line)

    def replaced(operator: str, begin: int, end: int, by: str) -> Mutant:
        return Mutant(file, number, operator, text, (line[:begin] + by + line[end:]).strip())

    if is_statement(line) and not text.startswith("(void)"):
        kind = "skip a put" if re.search(r"put|free|release|--|unhash", text) else "drop"
        yield Mutant(file, number, kind, text, "")
    for old, new in FLIPS.items():
        at = line.find(old)
        while at >= 0:
            whole = old not in ("<=", ">=") or line[at + 2:at + 3] not in ("=", ">")
            if code[at] and whole and "#" not in line[:at] and "operator" not in line:
                yield replaced("flip", at, at + len(old), new)
            at = line.find(old, at + len(old))
    for match in re.finditer(r"(!?)(\w+(?:\.|->))?(has|is_\w+|try_module_get|ns_capable|capable)\(",
                             line):
        if code[match.start()] and "bool " not in line and not line.startswith(match[0].strip("!")):
            yield replaced("negate", match.start(), match.start() + len(match[1]),
                           "" if match[1] else "!")
    for match in re.finditer(r"\bkE([A-Z]+)\b", line):
        if code[match.start()] and match[1] not in ("ND",):
            other = "EPERM" if match[1] != "PERM" else "EACCES"
            yield replaced("errno", match.start(), match.end(), "k" + other)
    for match in re.finditer(r"(?<![\w.])(\d+)(?![\w.x])", line):
        if code[match.start()] and "#" not in line and "<" + match[1] not in line:
            yield replaced("off by one", match.start(), match.end(), str(int(match[1]) + 1))
    for match in re.finditer(r"\bk(SOCK_MAX|SOCK_TYPE_MASK|FirstDescriptor|Unlimited)\b", line):
        if code[match.start()]:
            yield replaced("off by one", match.start(), match.end(), f"({match[0]} + 1)")


def neighbours(file: str, lines: list[str]) -> Iterator[Mutant]:
    """Two calls, or two checks with different answers; in either order two assignments are one."""
    check = re.compile(r"\s+if \(.*\) (return .*|continue|break);$")
    assignment = re.compile(r"(if \(.*\) )?[\w.>\[\]-]+ [|&+-]?= [^;]*;$")
    for i in range(len(lines) - 1):
        a, b = lines[i], lines[i + 1]
        indent = len(a) - len(a.lstrip()) == len(b) - len(b.lstrip())
        calls = all(is_statement(one) and "(" in one and "(void)" not in one for one in (a, b))
        calls = calls and not all(assignment.match(one.strip()) for one in (a, b))
        # When a step is recorded, between assignments, shows nowhere.
        calls = calls and a.strip().startswith("k.step(") == b.strip().startswith("k.step(")
        answers = [match[1] for match in map(check.match, (a, b)) if match]
        both = calls or (len(answers) == 2 and answers[0] != answers[1])
        if indent and both and a.strip() != b.strip():
            yield Mutant(file, i + 1, "swap", f"{a.strip()} {b.strip()}",
                         f"{b.strip()} {a.strip()}")


def without_table_checks(text: str) -> str:
    """Checks that run when the model is compiled pass or fail there: no program contains them."""
    def blank(match: re.Match) -> str:
        return "\n" * match[0].count("\n")
    return re.sub(r"^constexpr bool \w*well_formed\(.*?^}", blank, text, flags=re.M | re.S)


def table_mutants(only: str) -> list[Mutant]:
    return [Mutant(f"model/{path.name}", *change)
            for path in sorted((ROOT / "model").glob("*.def"))
            if re.search(only, f"model/{path.name}")
            for change in mutants_tables.of_table(path)]


def all_mutants(only: str) -> list[Mutant]:
    found: dict[str, Mutant] = {}
    for path in sorted((ROOT / "model").glob("*.cpp")):
        file = str(path.relative_to(ROOT))
        if file in FILES_WITHOUT or not re.search(only, file):
            continue
        lines = without_table_checks(path.read_text()).split("\n")
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                for mutant in on_line(file, number, line):
                    found.setdefault(mutant.key + str(mutant.line), mutant)
        for mutant in neighbours(file, lines):
            found.setdefault(mutant.key + str(mutant.line), mutant)
    return [mutant for mutant in found.values() if mutant.old != mutant.new]


def in_turn(mutants: list[Mutant], seed: int) -> list[Mutant]:
    """An order in which any beginning is spread evenly over files and operators."""
    chance = random.Random(seed)
    groups: dict[tuple[str, str], list[Mutant]] = {}
    for mutant in mutants:
        groups.setdefault((mutant.file, mutant.operator), []).append(mutant)
    for group in groups.values():
        chance.shuffle(group)
    order = list(groups.values())
    chance.shuffle(order)
    result = []
    while order:
        for group in order:
            result.append(group.pop())
        order = [group for group in order if group]
    return result


def mutated(mutant: Mutant) -> str:
    lines = (ROOT / mutant.file).read_text().split("\n")
    first = mutant.line - 1
    indent = lines[first][:len(lines[first]) - len(lines[first].lstrip())]
    if mutant.operator in ("swap", "neighbours swapped"):
        lines[first], lines[first + 1] = lines[first + 1], lines[first]
    elif mutant.new:
        lines[first] = indent + mutant.new
    else:
        lines[first] = indent + ";"
    return "\n".join(lines)


def equivalents() -> dict[str, str]:
    """key -> reason. Lines: `FILE: OPERATOR `old` -> `new` # reason`."""
    rows = {}
    for number, line in enumerate(EQUIVALENT.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"(\S+: .+? `.*` -> `.*`) # (.+)", line)
        if not match:
            say(f"{EQUIVALENT}:{number}: accepted: FILE: OPERATOR `old` -> `new` # reason")
            sys.exit(64)
        rows[match[1]] = match[2]
    return rows


# --- builds --------------------------------------------------------------------------------------

class Flavour(NamedTuple):
    """One CMake build, whose programs are linked once more, to the model as a shared library."""
    name: str
    folder: pathlib.Path
    compile: dict[str, str]       # source -> command
    objects: list[str]
    link: str                     # the start of the library's link command


FLAVOURS = {
    "plain": ["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1",
              "-DSOCKORACLE_TESTS=ON"],
    "fuzz": ["-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O1",
             "-DSOCKORACLE_MODEL_ONLY=ON", "-DSOCKORACLE_FUZZ=ON",
             "-DSOCKORACLE_FUZZ_ENGINE=libfuzzer", "-DSOCKORACLE_SANITIZE=address"],
}
LINK_FLAGS = {"plain": "", "fuzz": "-fsanitize=address -fsanitize=fuzzer-no-link"}
ARCHIVE = "model/libsockoracle_model.a"


def run(command: list[str], **more) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, errors="replace", **more)


def must(command: list[str], cwd: pathlib.Path) -> str:
    done = run(command, cwd=cwd)
    if done.returncode != 0:
        say(f"{shlex.join(command)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        sys.exit(70)
    return done.stdout


def build(name: str, targets: list[str], jobs: int) -> Flavour:
    folder = STATE / name
    say(f"building {name}")
    must(["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja",
          "-DCMAKE_C_COMPILER=clang-14", "-DCMAKE_CXX_COMPILER=clang++-14",
          "-DCMAKE_POSITION_INDEPENDENT_CODE=ON", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
          *FLAVOURS[name]], ROOT)
    must(["cmake", "--build", str(folder), "--parallel", str(jobs), "--target", *targets], ROOT)
    commands = json.loads((folder / "compile_commands.json").read_text())
    compile_of, objects = {}, []
    for entry in commands:
        file = os.path.relpath(entry["file"], ROOT)
        if re.fullmatch(r"model/[^/]+\.cpp", file):
            output = re.search(r" -o (\S+)", entry["command"])[1]
            if "sockoracle_model.dir" in output:
                compile_of[file] = entry["command"]
                objects.append(output)
    flavour = Flavour(name, folder, compile_of, objects,
                      f"clang++-14 -shared {LINK_FLAGS[name]} -Wl,-soname,{LIBRARY} ")
    link_library(flavour, folder / "lib", {})
    return flavour


def link_library(flavour: Flavour, folder: pathlib.Path, other: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    objects = [other.get(one, one) for one in flavour.objects]
    must(shlex.split(flavour.link) + objects + ["-o", str(folder / LIBRARY)], flavour.folder)


def relink(flavour: Flavour, target: str) -> pathlib.Path:
    """The program of that target, with the shared library in place of the archive."""
    command = must(["ninja", "-C", str(flavour.folder), "-t", "commands", target],
                   flavour.folder).strip().split("\n")[-1]
    output = re.search(r" -o (\S+)", command)[1]
    command = command.replace(f" -o {output}", f" -o {output}.so", 1)
    command = command.replace(ARCHIVE, f"lib/{LIBRARY}")
    must(["sh", "-c", command], flavour.folder)
    return flavour.folder / f"{output}.so"


# --- killers -------------------------------------------------------------------------------------

class Killer(NamedTuple):
    name: str
    flavour: str
    command: list[str]
    kind: str         # test, recordings, golden, live, fuzz
    seconds: float    # what it takes on the unchanged model


def survives(killer: Killer, library: pathlib.Path, scratch: pathlib.Path) -> bool:
    env = dict(os.environ, LD_LIBRARY_PATH=str(library), LC_ALL="C",
               ASAN_OPTIONS="symbolize=0", TMPDIR=str(scratch))
    command = [word.replace("@SCRATCH@", str(scratch)) for word in killer.command]
    if killer.kind == "fuzz":
        (scratch / killer.name).mkdir(exist_ok=True)
    try:
        done = run(command, env=env, cwd=scratch,
                   timeout=max(TIME_FLOOR, TIME_FACTOR * killer.seconds))
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def quiet_aslr(command: list[str]) -> list[str]:
    bits = pathlib.Path("/proc/sys/vm/mmap_rnd_bits")
    if bits.exists() and int(bits.read_text()) > 28 and shutil.which("setarch"):
        return ["setarch", "-R", *command]
    return command


def make_fuzz_killers(fuzz: Flavour, seconds: float) -> list[Killer]:
    killers = []
    for name in ("create_fuzzer", "program_fuzzer"):
        seeds = ROOT / "corpus/seeds" / name
        command = quiet_aslr([
            str(relink(fuzz, name)), "-seed=1", "-len_control=0", "-entropic=0",
            "-max_len=2048", f"-max_total_time={max(1, round(seconds / 2))}",
            "-artifact_prefix=@SCRATCH@/", f"@SCRATCH@/{name}"])
        if seeds.is_dir():
            command.append(str(seeds))
        killers.append(Killer(name, "fuzz", command, "fuzz", seconds))
    return killers


def make_killers(plain: Flavour, fuzz: Flavour | None, seconds: float) -> list[Killer]:
    killers = []
    for path in sorted((ROOT / "model/test").glob("*_test.cpp")):
        program = relink(plain, f"model_{path.stem}")
        killers.append(Killer(path.stem, "plain", [str(program), "--log_level=nothing"], "test", 0))
    if not (plain.folder / "conformance/sockoracle").exists():
        return killers + (make_fuzz_killers(fuzz, seconds) if fuzz else [])
    tool = relink(plain, "sockoracle")
    recordings = sorted((ROOT / "corpus/recordings").glob("*.jsonl"))
    if recordings:
        killers.append(Killer("recordings", "plain",
                              [str(tool), "check", *map(str, recordings)], "recordings", 0))
    # The golden files' commands say `sockoracle`: that must be the mutant's program.
    named = plain.folder / "bin/sockoracle"
    named.parent.mkdir(exist_ok=True)
    shutil.copy2(tool, named)
    golden = ROOT / "conformance/test/golden"
    names = sorted(path.stem for path in golden.glob("*.golden"))
    for name, mine in (("golden", [one for one in names if not one.startswith("list_")]),
                       (PRINTED, [one for one in names if one.startswith("list_")])):
        killers.append(Killer(name, "plain", [sys.executable, "-B", str(golden / "run.py"),
                                              str(named), *mine], name, 0))
    killers.append(Killer("live", "plain", [str(tool), "check", "--deep"], "live", 0))
    if fuzz:
        killers += make_fuzz_killers(fuzz, seconds)
    return killers


def usable(killers: list[Killer], flavours: dict[str, Flavour]) -> list[Killer]:
    """Those which pass on the model as it is, cheapest first; fuzzing last."""
    good = []
    for killer in killers:
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="mutants-"))
        begin = time.monotonic()
        library = flavours[killer.flavour].folder / "lib"
        ok = survives(killer._replace(seconds=120), library, scratch)
        taken = time.monotonic() - begin
        shutil.rmtree(scratch, ignore_errors=True)
        if ok:
            good.append(killer._replace(seconds=taken))
        else:
            say(f"{killer.name} does not pass on the unchanged model: left out")
    if not any(killer.kind == "test" for killer in good):
        say("no unit test passes on the unchanged model")
        sys.exit(70)
    last = ["fuzz", PRINTED]
    return sorted(good, key=lambda killer: (killer.kind in last and 1 + last.index(killer.kind),
                                            killer.seconds))


def compile_mutant(mutant: Mutant, flavour: Flavour, scratch: pathlib.Path) -> bool:
    """Its sources, and a library of them and of all others, in scratch/FLAVOUR."""
    folder = scratch / flavour.name
    include = folder / "include"
    (include / "model").mkdir(parents=True)
    table = mutant.file.endswith(".def")
    sources = mutants_tables.readers(mutant.file) if table else [mutant.file]
    objects = {}
    for source in sources:
        command = flavour.compile[source]
        if table:  # in front of the tree itself
            (include / mutant.file).write_text(mutated(mutant))
            command = command.replace(" -I", f" -I{include} -I", 1)
        else:
            file = folder / pathlib.Path(source).name
            file.write_text(mutated(mutant))
            command = command.replace(str(ROOT / source), str(file))
        output = re.search(r" -o (\S+)", command)[1]
        mine = str(folder / f"{pathlib.Path(source).stem}.o")
        command = command.replace(f" -o {output}", f" -o {mine} -w", 1)
        if run(shlex.split(command), cwd=flavour.folder).returncode != 0:
            return False
        objects[output] = mine
    link_library(flavour, folder, objects)
    return True


def judge(mutant: Mutant, flavours: dict[str, Flavour], killers: list[Killer]) -> str | None:
    """The killer's name, 'survived', 'invalid' (does not compile), or None when interrupted."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="mutant-"))
    try:
        built = set()
        for killer in killers:
            if interrupted.is_set():
                return None
            if killer.flavour not in built:
                if not compile_mutant(mutant, flavours[killer.flavour], scratch):
                    return None if interrupted.is_set() else "invalid"
                built.add(killer.flavour)
            if not survives(killer, scratch / killer.flavour, scratch):
                return None if interrupted.is_set() else killer.name
        return "survived"
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


# --- results -------------------------------------------------------------------------------------

def digest() -> str:
    """Of everything a result depends on."""
    total = hashlib.sha256()
    for folder in ("model", "fuzz", "corpus/cves", "conformance"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in (".cpp", ".h", ".def", ".prog", ".golden", ".c"):
                total.update(path.read_bytes())
    return total.hexdigest()[:16]


def read_results(state: str) -> dict[str, str]:
    file = STATE / "results.jsonl"
    known = {}
    if file.exists():
        for line in file.read_text().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # cut off by an interrupt
            if entry["state"] == state:
                known[entry["mutant"]] = entry["result"]
    return known


def report(judged: list[tuple[Mutant, str]], excused: int) -> None:
    counted = [(mutant, result) for mutant, result in judged if result != "invalid"]
    killed = [result for _, result in counted if result != "survived"]
    by_killer: dict[str, int] = {}
    for result in killed:
        by_killer[result] = by_killer.get(result, 0) + 1
    print("| killed by | mutants |\n| --- | --- |")
    for name, count in sorted(by_killer.items(), key=lambda item: -item[1]):
        print(f"| {name} | {count} |")
    by_operator: dict[str, list[int]] = {}
    for mutant, result in counted:
        pair = by_operator.setdefault(mutant.operator, [0, 0])
        pair[0] += result != "survived"
        pair[1] += 1
    print("\n| change | killed | of |\n| --- | --- | --- |")
    for name, (good, all_of) in sorted(by_operator.items()):
        print(f"| {name} | {good} | {all_of} |")
    for mutant, result in counted:
        if result == "survived":
            print(f"\nsurvived: {mutant.file}:{mutant.line}\n{mutant.key}")
    percent = 100.0 * len(killed) / len(counted) if counted else 0.0
    printed = by_killer.get(PRINTED, 0)
    if printed:
        print(f"\n{printed} of them only because a golden file prints the table; without these "
              f"{100.0 * (len(killed) - printed) / len(counted):.1f} %")
    print(f"\n{len(killed)} of {len(counted)} killed: {percent:.1f} %; "
          f"{excused} equivalent ones not run; {len(judged) - len(counted)} did not compile")


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ci/mutants.py", description=__doc__.split("\n")[0])
    parser.error = lambda text: (say(text), sys.exit(64))  # type: ignore[assignment]
    parser.add_argument("--tables", action="store_true", help="mutants of model/*.def")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--fuzz-seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="REGEX", help="files")
    parser.add_argument("--list", action="store_true", help="the mutants, none is run")
    parser.add_argument("--again", action="store_true", help="forget earlier results")
    return parser.parse_args(argv)


def campaign(arguments: argparse.Namespace, order: list[Mutant],
             flavours: dict[str, Flavour], killers: list[Killer], excused: dict[str, str]) -> int:
    state = digest()
    known = {} if arguments.again else read_results(state)
    judged: list[tuple[Mutant, str]] = []
    skipped = 0
    begin = time.monotonic()
    queue = iter(order)
    running: dict[concurrent.futures.Future, Mutant] = {}
    counted = 0

    def settle(mutant: Mutant, result: str) -> None:
        nonlocal counted
        judged.append((mutant, result))
        counted += result != "invalid"

    with (STATE / "results.jsonl").open("a") as sink, \
            concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        try:
            while True:
                while len(running) < arguments.jobs and counted + len(running) < arguments.count:
                    mutant = next(queue, None)
                    if mutant is None:
                        break
                    if mutant.key in excused:
                        skipped += 1
                    elif f"{mutant.key} {mutant.line}" in known:
                        settle(mutant, known[f"{mutant.key} {mutant.line}"])
                    else:
                        running[pool.submit(judge, mutant, flavours, killers)] = mutant
                if not running:
                    break
                done, _ = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    mutant, result = running.pop(future), future.result()
                    if result is None:
                        continue
                    settle(mutant, result)
                    sink.write(json.dumps({"state": state, "result": result,
                                           "mutant": f"{mutant.key} {mutant.line}"}) + "\n")
                    sink.flush()
                    left = (time.monotonic() - begin) / max(1, counted) * \
                        (arguments.count - counted)
                    say(f"{counted}/{arguments.count} {result}: {mutant.file}:{mutant.line} "
                        f"{mutant.operator} (about {left / 60:.0f} min left)")
        except KeyboardInterrupt:
            interrupted.set()
            say("interrupted: the results so far are kept, run again to go on")
            pool.shutdown(wait=True, cancel_futures=True)
            report(judged, skipped)
            return 130
    report(judged, skipped)
    return 0


def main(argv: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    arguments = parse(argv)
    mutants = table_mutants if arguments.tables else all_mutants
    order = in_turn(mutants(arguments.only), arguments.seed)
    say(f"seed {arguments.seed}")
    if arguments.list:
        for mutant in order:
            print(f"{mutant.file}:{mutant.line}: {mutant.key}")
        say(f"{len(order)} mutants")
        return 0
    for tool in ("clang++-14", "cmake", "ninja"):
        if shutil.which(tool) is None:
            say(f"no {tool} here; ci/run deps test installs it")
            return 69
    excused = equivalents()
    STATE.mkdir(parents=True, exist_ok=True)
    tests = [f"model_{path.stem}" for path in (ROOT / "model/test").glob("*_test.cpp")]
    flavours = {"plain": build("plain", tests, arguments.jobs)}
    tool = run(["cmake", "--build", str(STATE / "plain"), "--parallel", str(arguments.jobs),
                "--target", "sockoracle"])
    if tool.returncode != 0:
        (STATE / "plain/conformance/sockoracle").unlink(missing_ok=True)
        say("sockoracle does not build: recordings and golden files are left out")
    if arguments.fuzz_seconds > 0 and not arguments.tables:
        flavours["fuzz"] = build("fuzz", ["create_fuzzer", "program_fuzzer"], arguments.jobs)
    killers = usable(make_killers(flavours["plain"], flavours.get("fuzz"), arguments.fuzz_seconds),
                     flavours)
    say("killers: " + ", ".join(f"{k.name} {k.seconds:.1f} s" for k in killers))
    return campaign(arguments, order, flavours, killers, excused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
