#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs fuzz targets and reports what they find.

usage: fuzz/campaign/campaign.py libfuzzer BUILD [SECONDS] [TARGET...]      each target SECONDS (60)
       fuzz/campaign/campaign.py afl BUILD CMPLOG ASAN [SECONDS] [TARGET...]
       fuzz/campaign/campaign.py minimize BUILD [TARGET...]                 corpora, then findings
       fuzz/campaign/campaign.py smoke BUILD TARGET RUNS                    seeds, then RUNS, seed 1
       fuzz/campaign/campaign.py canary BUILD                               is a finding reported?

What is learnt stays in build/fuzz/corpus/TARGET, shared by all engines; what is found in
build/fuzz/findings/TARGET. Interrupting loses neither. Exit status: 0 nothing found, 1 findings,
4 skipped, 64 usage, 130 interrupted.
"""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from findings import finding_of, rule_in_frames  # noqa: E402  (beside this file)

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATE = pathlib.Path(os.environ.get("SOCKORACLE_FUZZ_STATE", ROOT / "build/fuzz"))
RESTARTS_MAX = 20
AFL_ENV = {
    "AFL_NO_UI": "1", "AFL_NO_AFFINITY": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_AUTORESUME": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_FAST_CAL": "1", "AFL_CMPLOG_ONLY_NEW": "1",
    "AFL_FINAL_SYNC": "1", "TERM": os.environ.get("TERM", "dumb"),
}


class Target(NamedTuple):
    name: str
    kind: str
    needs: str
    binary: pathlib.Path


class Finding(NamedTuple):
    name: str      # the oracle, the hazard, or what the sanitizer called it
    rule: str
    output: str    # of the replay
    said: dict = {}  # what the target itself says of it (findings.py); a sanitizer says nothing so


interrupted = False


def on_interrupt(_number, _frame) -> None:
    global interrupted
    interrupted = True


def say(text: str) -> None:
    print(f"campaign: {text}", file=sys.stderr, flush=True)


# --- targets -------------------------------------------------------------------------------------

def targets(build: pathlib.Path, names: list[str] | None = None) -> list[Target]:
    """The targets of a build; canary and empty ones only by name."""
    rows = []
    for line in (build / "fuzz/targets.txt").read_text().splitlines():
        name, kind, needs, binary = line.split(None, 3)
        rows.append(Target(name, kind, needs, pathlib.Path(binary)))
    known = {row.name for row in rows}
    for name in names or []:
        if name not in known:
            sys.exit(usage(f"{name}: targets are {' '.join(sorted(known))}"))
    if names:
        return [row for row in rows if row.name in names]
    return [row for row in rows if row.name not in ("canary_fuzzer", "empty_fuzzer")]


def usage(problem: str) -> int:
    say(problem)
    print(__doc__, file=sys.stderr)
    raise SystemExit(64)


def max_len(build: pathlib.Path, target: Target) -> str:
    done = subprocess.run([build / "fuzz/describe", "limit", target.kind], capture_output=True,
                          text=True, check=True, env=quiet_env())
    return done.stdout.strip()


def folder(*parts: str) -> pathlib.Path:
    path = STATE.joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def committed(target: Target) -> list[pathlib.Path]:
    places = [ROOT / "corpus" / kind / target.name for kind in ("seeds", "regressions")]
    # Text programs are among the seeds, as bytes.
    return [place for place in places if place.is_dir() and not list(place.glob("*.prog"))]


def quiet_env() -> dict[str, str]:
    symbolizer = shutil.which("llvm-symbolizer-14") or shutil.which("llvm-symbolizer")
    env = dict(os.environ)
    if symbolizer:
        env.setdefault("ASAN_SYMBOLIZER_PATH", symbolizer)
        env.setdefault("MSAN_SYMBOLIZER_PATH", symbolizer)
        env.setdefault("UBSAN_OPTIONS", f"print_stacktrace=1:external_symbolizer_path={symbolizer}")
    return env


# --- findings ------------------------------------------------------------------------------------

def examine(command: list[str], artifact: pathlib.Path) -> Finding | None:
    """Replays an artifact. None: it does not fail any more."""
    done = subprocess.run([*command, str(artifact)], capture_output=True, env=quiet_env(),
                          timeout=120)
    output = done.stderr.decode(errors="replace")
    if done.returncode == 0:
        return None
    said = finding_of(output)
    if said:
        return Finding(said["finding"], said["rule"], output, said)
    # A sanitizer's: it has the rule in a frame, and its own word for what happened.
    word = re.search(r"^SUMMARY: \w+: ([\w-]+)", output, re.MULTILINE)
    return Finding(word[1] if word else f"status-{done.returncode}",
                   rule_in_frames(output) or "unknown", output)


def c_reproducer(build: pathlib.Path, finding: Finding, path: pathlib.Path) -> bool:
    """The call in C, where it is a kernel that answers; `sockoracle repro` writes it."""
    tool = build / "conformance/sockoracle"
    call = finding.said.get("call")
    if not finding.said.get("context") or not call or not tool.is_file():
        return False
    text = f"{call['entry']}({call['family']}, {call['type']}, {call['protocol']})"
    done = subprocess.run([tool, "repro", text, "--world", "host", "--as",
                           finding.said["context"], "-o", path], capture_output=True, text=True,
                          env=quiet_env())
    if done.returncode != 0:
        say(done.stderr.strip())
    return done.returncode == 0


def text_of(build: pathlib.Path, target: Target, artifact: pathlib.Path) -> str:
    done = subprocess.run([build / "fuzz/describe", "text", target.name, artifact],
                          capture_output=True, env=quiet_env())
    return done.stdout.decode(errors="replace")


def show(build: pathlib.Path, target: Target, artifact: pathlib.Path, finding: Finding) -> None:
    print(f"finding {finding.name}  rule {finding.rule}  target {target.name}")
    said = finding.said
    text = said["program"] if target.kind == "live" and said else text_of(build, target, artifact)
    if said:
        print(f"  {said['what']}: expected {said['expected']}, got {said['got']}" +
              (f", at operation {said['operation'] + 1}" if "operation" in said else ""))
    for line in text.splitlines():
        print(f"    {line}")
    if target.kind != "text":
        program = artifact.with_name(artifact.name + ".txt")
        program.write_text(text)
        print(f"  replay: sockoracle replay {program}")
    print(f"  replay with its oracle: {target.binary} {artifact}")
    source = artifact.with_name(artifact.name + ".c")
    if c_reproducer(build, finding, source):
        print(f"  in C: {source}")
    artifact.with_name(artifact.name + ".log").write_text(finding.output)
    sys.stdout.flush()


def artifacts(target: Target) -> list[pathlib.Path]:
    kept = folder("findings", target.name)
    return sorted((path for path in kept.iterdir()
                   if re.match(r"(crash|timeout|oom|leak|afl|hang)-[\w-]+$", path.name)),
                  key=lambda path: (path.stat().st_size, path.name))


def report(build: pathlib.Path, target: Target) -> int:
    """Shows each cause once, by its smallest input. Returns how many causes there are."""
    seen: dict[tuple[str, str], pathlib.Path] = {}
    for artifact in artifacts(target):
        try:
            finding = examine([str(target.binary)], artifact)
        except subprocess.TimeoutExpired:
            finding = Finding("timeout", "unknown", "")
        if finding is None:
            say(f"{artifact}: does not fail any more")
            continue
        cause = (finding.name, finding.rule)
        if cause in seen:
            continue
        seen[cause] = artifact
        show(build, target, artifact, finding)
    return len(seen)


# --- libFuzzer -----------------------------------------------------------------------------------

def libfuzzer_command(build: pathlib.Path, target: Target) -> list[str]:
    command = [str(target.binary), f"-max_len={max_len(build, target)}", "-timeout=20",
               "-rss_limit_mb=2048", "-print_final_stats=1", "-entropic=0",
               f"-artifact_prefix={folder('findings', target.name)}/"]
    dictionary = build / f"fuzz/{target.kind}.dict"
    if dictionary.is_file():
        command.append(f"-dict={dictionary}")
    if target.kind == "text":
        command.append("-use_value_profile=1")
    else:
        command.append("-len_control=0")
    return command


def run_to_end(command: list[str], log: pathlib.Path, env: dict[str, str]) -> int:
    with log.open("ab") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink, env=env)
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if interrupted:
                    process.send_signal(signal.SIGINT)
                    return process.wait()


def fuzz_one(build: pathlib.Path, target: Target, seconds: int,
             restarts: int = RESTARTS_MAX) -> int:
    """Until the time is over; a crash ends a process, not the campaign. Returns executions."""
    log = folder("logs") / f"{target.name}.log"
    log.unlink(missing_ok=True)
    places = [folder("corpus", target.name), *committed(target)]
    end = time.monotonic() + seconds
    for _ in range(restarts):
        left = int(end - time.monotonic())
        if left < 1 or interrupted:
            break
        status = run_to_end([*libfuzzer_command(build, target), f"-max_total_time={left}",
                             *map(str, places)], log, quiet_env())
        if status == 4:
            say(f"{target.name}: skipped, see {log}")
            return 0
    stats = re.findall(r"stat::number_of_executed_units: (\d+)",
                       log.read_text(errors="replace"))
    return sum(map(int, stats))


def campaign_libfuzzer(build: pathlib.Path, seconds: int, names: list[str]) -> int:
    causes = 0
    for target in targets(build, names):
        if interrupted:
            break
        begin = time.monotonic()
        count = fuzz_one(build, target, seconds)
        spent = max(time.monotonic() - begin, 0.001)
        here = report(build, target)
        causes += here
        print(f"{target.name}: {count} executions in {spent:.0f} s, {count / spent:.0f} a second, "
              f"{len(list(folder('corpus', target.name).iterdir()))} inputs kept, {here} findings",
              flush=True)
    return causes


# --- AFL++ ---------------------------------------------------------------------------------------

def afl_process(arguments: list[str], command: list[str], extra: dict[str, str],
                log: pathlib.Path | None = None) -> subprocess.Popen:
    sink = log.open("ab") if log else subprocess.DEVNULL
    # afl-fuzz sets sanitizer options of its own and refuses others' (abort_on_error=1 is missing).
    env = {name: value for name, value in quiet_env().items()
           if name not in ("ASAN_OPTIONS", "MSAN_OPTIONS", "LSAN_OPTIONS")}
    return subprocess.Popen(["afl-fuzz", *arguments, "--", *command], stdout=sink, stderr=sink,
                            env={**env, **AFL_ENV, **extra})


def run_afl(arguments: list[str], command: list[str], extra: dict[str, str],
            log: pathlib.Path | None = None) -> int:
    return afl_process(arguments, command, extra, log).wait()


def afl_crashes(out: pathlib.Path) -> list[pathlib.Path]:
    """afl-fuzz exits with 0 whatever it found: what counts is what it wrote."""
    return sorted(path for kind in ("crashes", "hangs") for path in out.glob(f"*/{kind}/id*"))


def fill_input(target: Target) -> pathlib.Path:
    """What AFL++ starts from: the seeds and what libFuzzer has learnt, by content."""
    inputs = folder("afl-in", target.name)
    for place in [folder("corpus", target.name), *committed(target)]:
        for path in place.iterdir():
            content = path.read_bytes()
            if content:
                (inputs / hashlib.sha1(content).hexdigest()).write_bytes(content)
    if not any(inputs.iterdir()):
        (inputs / "empty").write_bytes(b"\0")
    return inputs


def take_back(target: Target, out: pathlib.Path) -> int:
    """What AFL++ has learnt, into the corpus that libFuzzer reads."""
    corpus = folder("corpus", target.name)
    before = len(list(corpus.iterdir()))
    for path in out.glob("*/queue/id*"):
        content = path.read_bytes()
        (corpus / hashlib.sha1(content).hexdigest()).write_bytes(content)
    findings = folder("findings", target.name)
    for path in afl_crashes(out):
        content = path.read_bytes()
        kind = "hang" if path.parent.name == "hangs" else "afl"
        (findings / f"{kind}-{hashlib.sha1(content).hexdigest()}").write_bytes(content)
    return len(list(corpus.iterdir())) - before


def stat(out: pathlib.Path, instance: str, key: str) -> int:
    path = out / instance / "fuzzer_stats"
    text = path.read_text() if path.exists() else ""
    match = re.search(rf"^{key} *: (\d+)", text, re.MULTILINE)
    return int(match[1]) if match else 0


def afl_one(builds: list[pathlib.Path], target: Target, seconds: int) -> tuple[int, int]:
    """Main with CMPLOG, secondary with sanitizers; both at once."""
    main_build, cmplog_build, asan_build = builds
    cmplog, asan = (next((t for t in targets(build) if t.name == target.name), None)
                    for build in (cmplog_build, asan_build))
    out = folder("afl-out", target.name)
    inputs = fill_input(target)
    extra = {}
    mutator = main_build / f"fuzz/mutator_{target.kind}.so"
    if mutator.is_file():
        extra["AFL_CUSTOM_MUTATOR_LIBRARY"] = str(mutator)
    common = ["-i", str(inputs), "-o", str(out), "-V", str(seconds), "-t", "2000",
              "-G", max_len(main_build, target)]
    dictionary = main_build / f"fuzz/{target.kind}.dict"
    if dictionary.is_file():
        common += ["-x", str(dictionary)]
    main = [*common, "-M", "main", "-F", str(folder("corpus", target.name))]
    if cmplog:
        main += ["-c", str(cmplog.binary)]
    log = folder("logs") / f"{target.name}-afl.log"
    log.unlink(missing_ok=True)
    running = [afl_process(main, [str(target.binary)], extra, log)]
    if asan:
        running.append(afl_process([*common, "-S", "asan", "-m", "none"], [str(asan.binary)],
                                   extra, log))
    for process in running:
        while process.poll() is None:
            time.sleep(0.2)
            if interrupted:
                for one in running:
                    one.send_signal(signal.SIGINT)
                process.wait()
    learnt = take_back(target, out)
    return stat(out, "main", "execs_done") + stat(out, "asan", "execs_done"), learnt


def campaign_afl(builds: list[pathlib.Path], seconds: int, names: list[str]) -> int:
    if shutil.which("afl-fuzz") is None:
        say("no afl-fuzz here: skipped")
        raise SystemExit(4)
    causes = 0
    asan = {target.name: target for target in targets(builds[2])}
    for target in targets(builds[0], names):
        if interrupted:
            break
        count, learnt = afl_one(builds, target, seconds)
        if count == 0:
            say(f"{target.name}: did not run, see {folder('logs')}/{target.name}-afl.log")
            causes += 1
        here = report(builds[0], asan.get(target.name, target))
        causes += here
        print(f"{target.name}: {count} executions by AFL++ in {seconds} s, {learnt} inputs learnt, "
              f"{here} findings", flush=True)
    return causes


# --- the small commands --------------------------------------------------------------------------

def minimize(build: pathlib.Path, names: list[str]) -> int:
    """Corpora to what adds coverage, then each finding to its smallest input."""
    causes = 0
    for target in targets(build, names):
        if interrupted:
            break
        corpus = folder("corpus", target.name)
        before = len(list(corpus.iterdir()))
        with tempfile.TemporaryDirectory(dir=STATE) as fresh:
            done = subprocess.run(
                [*libfuzzer_command(build, target), "-merge=1", fresh, str(corpus)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet_env())
            kept = {path.name: path for path in pathlib.Path(fresh).iterdir()}
            # A merge that was cut short, or failed, knows less than the corpus does.
            if done.returncode == 0 and kept and not interrupted:
                for name, path in kept.items():
                    shutil.move(path, corpus / name)
                for path in corpus.iterdir():
                    if path.name not in kept:
                        path.unlink()
        print(f"{target.name}: {before} inputs, {len(list(corpus.iterdir()))} kept", flush=True)
        for artifact in artifacts(target):
            smaller = artifact.with_name(f"crash-min-{artifact.name.split('-')[-1]}")
            if artifact.name.startswith("crash-min") or smaller.exists():
                continue
            subprocess.run([str(target.binary), "-minimize_crash=1", "-max_total_time=20",
                            f"-exact_artifact_path={smaller}", str(artifact)],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=quiet_env())
        causes += report(build, target)
    return causes


def smoke(build: pathlib.Path, name: str, runs: str) -> int:
    """The committed corpus, and under libFuzzer some mutations of it, always the same ones."""
    target = targets(build, [name])[0]
    places = committed(target)
    if not places:
        say(f"corpus/seeds/{name}: there is none")
        return 1
    files = sum(1 for place in places for path in place.iterdir())
    with tempfile.TemporaryDirectory() as fresh:
        command = [str(target.binary)]
        if (build / "fuzz/engine.txt").read_text().strip() == "libfuzzer":
            command = [argument for argument in libfuzzer_command(build, target)
                       if not argument.startswith("-artifact_prefix")]
            command += ["-seed=1", f"-runs={runs}", f"-artifact_prefix={fresh}/", fresh]
        begin = time.monotonic()
        done = subprocess.run([*command, *map(str, places)], capture_output=True, text=True,
                              errors="replace", env=quiet_env())
        if done.returncode == 4:
            print(done.stderr[-500:])
            return 4
        print(f"{name}: {files} committed inputs, {runs} runs, status {done.returncode}, "
              f"{time.monotonic() - begin:.1f} s")
        if done.returncode == 0:
            return 0
        print(done.stderr[-6000:])
        for artifact in pathlib.Path(fresh).glob("*-*"):
            finding = examine([str(target.binary)], artifact)
            kept = folder("findings", name) / artifact.name
            shutil.copy(artifact, kept)
            if finding:
                show(build, target, kept, finding)
    return 1


def canary(build: pathlib.Path) -> int:
    """A target that fails must be reported: found, kept, replayed, named, described."""
    target = targets(build, ["canary_fuzzer"])[0]
    with tempfile.TemporaryDirectory() as state:
        global STATE
        STATE = pathlib.Path(state)
        count = fuzz_one(build, target, 120, restarts=1)  # until it is found
        found = artifacts(target)
        if not found:
            print(f"the canary was not found in {count} executions")
            return 1
        finding = examine([str(target.binary)], found[0])
        stack = re.search(r"\bfinding__canary__created\b", finding.output if finding else "")
        print(f"{count} executions, {len(found)} artifacts")
        if not finding or (finding.name, finding.rule) != ("canary", "created") or not stack:
            print(finding.output if finding else "the artifact does not fail any more")
            return 1
        return 0 if report(build, target) == 1 else 1


def number(words: list[str], default: int) -> int:
    """Takes SECONDS off the front, where it stands there."""
    if words and words[0].isdigit():
        return int(words.pop(0))
    return default


def main(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    command, *rest = words
    signal.signal(signal.SIGINT, on_interrupt)
    signal.signal(signal.SIGTERM, on_interrupt)
    wanted = {"libfuzzer": 1, "afl": 3, "minimize": 1, "smoke": 3, "canary": 1}.get(command)
    if wanted is None or len(rest) < wanted:
        usage(f"{' '.join(words)}: no such command, or words are missing")
    if command == "libfuzzer":
        build = pathlib.Path(rest.pop(0))
        causes = campaign_libfuzzer(build, number(rest, 60), rest)
    elif command == "afl":
        builds = [pathlib.Path(rest.pop(0)) for _ in range(3)]
        causes = campaign_afl(builds, number(rest, 60), rest)
    elif command == "minimize":
        causes = minimize(pathlib.Path(rest[0]), rest[1:])
    elif command == "smoke":
        return smoke(pathlib.Path(rest[0]), rest[1], rest[2])
    else:
        return canary(pathlib.Path(rest[0]))
    if interrupted:
        say("interrupted; nothing is lost")
        return 130
    return 1 if causes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
