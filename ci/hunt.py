#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How long do the fuzzers take to find the published bugs of corpus/cves?

usage: ci/hunt.py LIBFUZZER_BUILD [--afl-build DIR] [--seeds N] [--seconds S] [--afl-seconds S]
                  [--engine libfuzzer|afl] [--keep] [BUG...]

Each bug is hunted from an empty corpus on the release of its `#: hunt` line, with its other bugs in
place, once per seed (5). What counts is the bug's own signature, not any crash: the hazard and rule
of the line, or the sanitizer's report of the `#: asan` line. Another bug's crash is noted and the
search goes on from what is learnt. Prints a table: bug, engine, executions, seconds to find
(medians; a seed that runs out of time counts as longer than any). Seconds are those of one
processor, user and system: what else the machine does does not count. Interrupting prints what is
known so far.
Exit status: 0 all found within their time, 1 some not, 64 usage, 69 nothing to run, 130
interrupted.
"""

import argparse
import os
import pathlib
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fuzz/campaign"))
from findings import finding_of, rule_in_frames  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
GALLERY = ROOT / "corpus/cves"
SYMBOLIZER = "/usr/bin/llvm-symbolizer-14"
AFL_ENV = {
    "AFL_NO_UI": "1", "AFL_NO_AFFINITY": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_FAST_CAL": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_NO_STARTUP_CALIBRATION": "1",
}


class Bug(NamedTuple):
    name: str
    release: str
    hazard: str
    demands: list[str]       # RULE, !RULE, AF_INET, AF_INET6
    asan: list[str]          # KIND FUNCTION [freed-by FUNCTION]
    leak: list[str]


class Hunted(NamedTuple):
    found: bool
    executions: int
    seconds: float
    others: int              # crashes that were other bugs


def say(text: str) -> None:
    print(f"hunt: {text}", file=sys.stderr, flush=True)


def read_gallery(names: list[str]) -> list[Bug]:
    bugs = []
    for path in sorted(GALLERY.glob("*.prog")):
        says = {}
        for line in path.read_text().splitlines():
            if line.startswith("#: "):
                key, *words = line[3:].split()
                says[key] = words
        release, hazard, *demands = says["hunt"]
        bugs.append(Bug(path.stem, release, hazard, demands, says.get("asan", []),
                        says.get("leak", [])))
    known = [bug.name for bug in bugs]
    for name in names:
        if name not in known:
            say(f"no bug '{name}'; bugs are: {' '.join(known)}")
            sys.exit(64)
    return [bug for bug in bugs if not names or bug.name in names]


# --- signatures ----------------------------------------------------------------------------------

def rule_of(output: str) -> str:
    said = finding_of(output)
    return said["rule"] if said else rule_in_frames(output)


def call_of(output: str) -> str:
    """The line of the program that the finding speaks of."""
    said = finding_of(output)
    if not said or "operation" not in said:
        return ""
    lines = [line for line in said["program"].splitlines() if not line.startswith("world ")]
    return lines[said["operation"]] if said["operation"] < len(lines) else ""


def meets(bug: Bug, output: str) -> bool:
    rule = rule_of(output)
    for demand in bug.demands:
        if demand.startswith("AF_"):
            creator = "inet6_create" if demand == "AF_INET6" else "inet_create"
            if f"({demand}," not in call_of(output) and f"{creator}(" not in output:
                return False
        elif demand.startswith("!"):
            if rule == demand[1:]:
                return False
        elif rule != demand:
            return False
    return True


def is_this(bug: Bug, output: str) -> bool:
    finding = finding_of(output)
    if finding:
        name = finding["finding"]
        what = {"objects": "slab and kmalloc objects", "group_refs": "group references"}
        leaked = (bool(bug.leak) and name == "balance" and
                  what[bug.leak[0]] in finding["what"])
        return (name == bug.hazard or leaked) and meets(bug, output)
    if not bug.asan or not re.search(r"AddressSanitizer|runtime error", output):
        return False
    kinds = [kind.replace(".", " ") for kind in bug.asan[0].split("|")]
    if not any(kind in output for kind in kinds) or f"{bug.asan[1]}(" not in output:
        return False
    if len(bug.asan) == 4:  # who freed says more than which call it was
        freed = re.search(r"freed by thread.*?previously allocated", output, re.S)
        return bool(freed) and f"{bug.asan[3]}(" in freed[0]
    return meets(bug, output)


# --- engines -------------------------------------------------------------------------------------

def environment(bug: Bug) -> dict[str, str]:
    env = dict(os.environ, SOCKORACLE_HUNT=f"{bug.release},{bug.hazard}", LC_ALL="C")
    if pathlib.Path(SYMBOLIZER).exists():
        env["ASAN_SYMBOLIZER_PATH"] = SYMBOLIZER
    return env


def quiet_aslr(command: list[str]) -> list[str]:
    """clang-14's sanitizers cannot start under 32 random bits of mmap (LLVM 57653)."""
    bits = pathlib.Path("/proc/sys/vm/mmap_rnd_bits")
    if bits.exists() and int(bits.read_text()) > 28 and shutil.which("setarch"):
        return ["setarch", "-R", *command]
    return command


def stop(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def core_seconds(pid: int) -> float:
    """What a process and those below it have used so far, ended ones included."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended
        return 0.0
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return own + sum(core_seconds(int(child)) for child in children)


def wait_within(process: subprocess.Popen, limit: float) -> float:
    """Waits for its end, or ends it when its time is over. Returns the core seconds it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        while process.poll() is None:
            if core_seconds(process.pid) > limit:
                process.send_signal(signal.SIGINT)  # libFuzzer says its statistics, then exits
                process.wait(30)
            time.sleep(0.05)
    except KeyboardInterrupt:
        stop(process)
        raise
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# A replay on the sanitizer's heap, with stacks that reach the kernel's function above the slab's.
HEAP = {"SOCKORACLE_SLAB": "heap", "ASAN_OPTIONS": "malloc_context_size=20"}


def with_heap(program: pathlib.Path, bug: Bug, output: str) -> str:
    """What the sanitizer's own heap says of that crash: it knows who freed the object."""
    written = re.search(r"Test unit written to (\S+)", output)
    if not written:
        return ""
    return replayed(program, bug, pathlib.Path(written[1]), **HEAP)


def libfuzzer(program: pathlib.Path, bug: Bug, seed: int, limit: float,
              folder: pathlib.Path) -> Hunted:
    """Restarts on what is learnt until the bug itself is found."""
    corpus = folder / "corpus"
    corpus.mkdir()
    executions = others = 0
    seconds = 0.0
    while seconds < limit:
        command = quiet_aslr([
            str(program), f"-seed={seed + 1000 * others}", "-print_final_stats=1", "-len_control=0",
            "-entropic=0", "-max_len=2048", f"-artifact_prefix={folder}/", str(corpus)])
        log = folder / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(command, stdout=sink, stderr=sink, env=environment(bug))
            seconds += wait_within(process, limit - seconds)
        output = log.read_text(errors="replace")
        if "use-after-poison" in output:
            output += with_heap(program, bug, output)
        executions += int((re.findall(r"stat::number_of_executed_units: (\d+)", output)
                           or re.findall(r"#(\d+)\t", output) or ["0"])[-1])
        if process.returncode != 0 and is_this(bug, output):
            return Hunted(True, executions, seconds, others)
        if seconds >= limit:
            break
        if finding_of(output) is None and "Sanitizer" not in output:
            say(f"{program} ends with {process.returncode}: {output[-300:]}")
            sys.exit(70)
        others += 1
    return Hunted(False, executions, seconds, others)


def replayed(program: pathlib.Path, bug: Bug, crash: pathlib.Path, **more: str) -> str:
    done = subprocess.run(quiet_aslr([str(program), str(crash)]), env=environment(bug) | more,
                          capture_output=True, timeout=60)
    return (done.stdout + done.stderr).decode(errors="replace")


def afl(build: pathlib.Path, replayer: pathlib.Path, bug: Bug, seed: int, limit: float,
        folder: pathlib.Path) -> Hunted:
    inputs, out = folder / "in", folder / "out"
    inputs.mkdir()
    (inputs / "empty").write_bytes(b"\0")  # afl-fuzz takes no empty file
    env = {**environment(bug), **AFL_ENV}
    mutator = build / "fuzz/mutator_program.so"
    if mutator.exists():
        env["AFL_CUSTOM_MUTATOR_LIBRARY"] = str(mutator)
    seconds = 0.0
    with (folder / "log").open("wb") as sink:
        process = subprocess.Popen(
            ["afl-fuzz", "-i", str(inputs), "-o", str(out), "-s", str(seed), "-t", "2000",
             "-G", "2048", "--", str(build / "fuzz/program_fuzzer")],
            stdout=sink, stderr=sink, env=env)
        seen: set[pathlib.Path] = set()
        found = False
        try:
            while not found:
                ended = process.poll() is not None or seconds > limit
                for crash in sorted(out.glob("default/crashes/id*")):
                    if crash not in seen and not found:
                        seen.add(crash)
                        found = is_this(bug, replayed(replayer, bug, crash,
                                                      **HEAP))
                if ended:
                    break
                time.sleep(0.1)
                seconds = max(seconds, core_seconds(process.pid))
        finally:
            stop(process)
    stats = out / "default/fuzzer_stats"
    text = stats.read_text() if stats.exists() else ""
    count = re.search(r"execs_done\s*: (\d+)", text)
    if not count:
        say("afl-fuzz did not run:\n" + (folder / "log").read_text(errors="replace")[-600:])
        sys.exit(69)
    return Hunted(found, int(count[1]), seconds, len(seen) - found)


# --- the table -----------------------------------------------------------------------------------

def row(bug: Bug, engine: str, runs: list[Hunted]) -> tuple[str, ...]:
    found = [run for run in runs if run.found]
    # A seed that found nothing took longer than any that did.
    times = sorted(run.seconds if run.found else float("inf") for run in runs)
    median = statistics.median_high(times)
    executions = statistics.median_high(sorted(run.executions for run in runs))
    seconds = f"{median:.1f}" if median != float("inf") else f"> {max(r.seconds for r in runs):.0f}"
    return (bug.name, bug.release, engine, str(executions), seconds, f"{len(found)}/{len(runs)}")


def print_table(rows: list[tuple[str, ...]]) -> None:
    head = ("bug", "release", "engine", "executions", "core seconds", "found")
    widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
    for line in [head, tuple("-" * width for width in widths), *rows]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")


def hunt_one(arguments: argparse.Namespace, bug: Bug, engine: str, seed: int) -> Hunted:
    replayer = arguments.libfuzzer_build / "fuzz/program_fuzzer"
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"hunt-{bug.name}-{engine}-{seed}-"))
    try:
        if engine == "libfuzzer":
            return libfuzzer(replayer, bug, seed, arguments.seconds, folder)
        return afl(arguments.afl_build, replayer, bug, seed, arguments.afl_seconds, folder)
    finally:
        if arguments.keep:
            say(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ci/hunt.py", description=__doc__.split("\n")[0])
    parser.error = lambda text: (say(text), sys.exit(64))  # type: ignore[assignment]
    parser.add_argument("libfuzzer_build", type=pathlib.Path)
    parser.add_argument("--afl-build", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--afl-seconds", type=float, default=300)
    parser.add_argument("--engine", choices=("libfuzzer", "afl"))
    parser.add_argument("--keep", action="store_true", help="keep the folders of the runs")
    parser.add_argument("bugs", nargs="*")
    return parser.parse_intermixed_args(argv)


def engines_of(arguments: argparse.Namespace) -> list[str]:
    have = ["libfuzzer"] if arguments.engine != "afl" else []
    if not (arguments.libfuzzer_build / "fuzz/program_fuzzer").exists():
        say(f"{arguments.libfuzzer_build}: no fuzz/program_fuzzer; build it first (ci/run hunt)")
        sys.exit(69)
    if arguments.engine == "libfuzzer":
        return have
    built = arguments.afl_build and (arguments.afl_build / "fuzz/program_fuzzer").exists()
    if built and shutil.which("afl-fuzz"):
        have.append("afl")
    elif arguments.engine == "afl":
        say("no afl-fuzz, or no --afl-build with fuzz/program_fuzzer")
        sys.exit(69)
    else:
        say("AFL++: skipped, no afl-fuzz or no --afl-build with fuzz/program_fuzzer")
    return have


def main(argv: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    arguments = parse(argv)
    bugs = read_gallery(arguments.bugs)
    engines = engines_of(arguments)
    rows: list[tuple[str, ...]] = []
    missed = 0
    total = len(bugs) * len(engines) * arguments.seeds
    done = 0
    runs: list[Hunted] = []
    try:
        for engine in engines:
            for bug in bugs:
                runs = []
                for seed in range(1, arguments.seeds + 1):
                    runs.append(hunt_one(arguments, bug, engine, seed))
                    done += 1
                    say(f"{done}/{total} {bug.name} {engine} seed {seed}: "
                        + (f"found after {runs[-1].seconds:.1f} s" if runs[-1].found else
                           f"not found in {runs[-1].seconds:.0f} s")
                        + (f", {runs[-1].others} other crashes" if runs[-1].others else ""))
                rows.append(row(bug, engine, runs))
                missed += 2 * sum(run.found for run in runs) < len(runs)
                runs = []
    except KeyboardInterrupt:
        if runs:
            rows.append(row(bug, engine, runs))
        print_table(rows)
        say("interrupted: the table holds what was done")
        return 130
    print_table(rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
