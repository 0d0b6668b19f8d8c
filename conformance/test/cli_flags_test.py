#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every flag of every command changes something, or is refused in one line; and every example of
every --help works.

usage: cli_flags_test.py SOCKORACLE
The commands and their flags are read from the help, so that a new one without a row here fails.
Exit status: 0 good, 1 wrong, 64 usage.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CALL = "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)"
MPTCP = "socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)"
SCTP = "socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP)"
DGRAM = "socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)"
LOG = "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (Operation not permitted)\n"
ROOT = ["--context", "root"]
GROUPED = ["--as", "nobody", "--sysctl", "net.ipv4.ping_group_range=7 7"]
# What a flag of the world is tried with: its value, the call that it changes, flags beside it.
WORLD = {
    "--release": ("5.5", MPTCP, []),
    "--world": ("world.json", CALL, []),
    "--as": ("nobody", CALL, []),
    "--cap": ("net_raw", CALL, ["--as", "nobody"]),
    "--uid": ("1000", CALL, []),
    "--gid": ("7", DGRAM, GROUPED),
    "--egid": ("7", DGRAM, GROUPED),
    "--groups": ("7", DGRAM, GROUPED),
    "--module": ("sctp=absent", SCTP, []),
    "--sysctl": ("net.mptcp.enabled=0", MPTCP, []),
    "--kernel-config": ("small.config", MPTCP, []),
    "--with": ("ping_sockets_without_group", CALL, []),
    "--without": ("ipproto_max_263", MPTCP, []),
    "--limit": ("fds_left=0", CALL, []),
    "--policy": ("lsm_socket_create=EACCES", CALL, []),
    "--set": ("modules_enabled=0", SCTP, []),
    "--user-ns": ("0,1000,0,1000,1", CALL, []),
    "--fault": ("1", CALL, []),
    "--seccomp": ("profile.json", DGRAM, []),
    "--unit": ("web.service", CALL, []),
    "--abi": ("x32", CALL, ["--seccomp", "profile.json"]),
}
# Flags whose effect needs a machine, a launcher or root, everywhere or of one command: why it is
# not tried.
ELSEWHERE = {flag: "needs a machine that is booted" for flag in
             ("--kernel", "--modules", "--append", "--time-limit")}
ELSEWHERE[("ask", "--user-ns")] = "a namespace in which nobody is changes no answer"
ELSEWHERE["--subject"] = "the subject is what is asked; tests of subjects are elsewhere"
ELSEWHERE["--deep"] = ELSEWHERE["--live"] = "needs root and BTF; whitebox_test.py"
ELSEWHERE["--context"] = "chooses among what is asked; live_test.py"
ELSEWHERE["--allow-autoload"] = "needs a kernel that is asked"
ELSEWHERE["--color"] = ELSEWHERE["--no-pager"] = "needs a terminal; terminal_test.py"
# Commands whose flags all do.
ELSEWHERE_ALL = {"watch": "traces programs, which may be forbidden; watch_test.py",
                 "filter": "a filter is its profile's; few facts of a world are in it"}
OUTSIDE = {"-h", "--help"}


class Tool:
    def __init__(self, program: str, folder: str):
        self.program, self.folder, self.wrong = program, folder, []

    def run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess:
        return subprocess.run([self.program, *arguments], cwd=self.folder, input=text, text=True,
                              capture_output=True, timeout=300)

    def expect(self, truth: bool, what: str) -> None:
        if not truth:
            self.wrong.append(what)

    def refused(self, done: subprocess.CompletedProcess) -> bool:
        return done.returncode == 64 and done.stdout == "" and done.stderr.count("\n") == 1


def flags_of(text: str) -> list:
    return sorted(set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", text, re.M)) - OUTSIDE)


def commands_of(tool: Tool) -> list:
    listed = tool.run("help").stdout.partition("Subcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z]+)", listed, re.M)


# How each command is asked about a call, what it reads, and the values of its own flags.
def base_of(command: str, call: str) -> tuple:
    bases = {
        "explain": [call], "history": [call], "repro": [call], "table": [], "ask": [],
        "strace": [], "audit": [], "check": ["recording.jsonl"],
        "record": ["--subject", "6.12", *ROOT],
        "diff": ["6.11", "6.12", *ROOT], "report": ["recording.jsonl"], "replay": ["case.bytes"],
        "list": ["releases"], "help": [], "version": [],
    }
    result = re.sub("= .*", "= 3", LOG.replace(CALL, call)) if call != CALL else LOG
    inputs = {"ask": '{"call":"' + call + '"}\n', "strace": result,
              "audit": result}
    return bases[command], inputs.get(command, "")


OWN = {
    ("explain", "--errno"): "EPERM", ("explain", "--steps"): None, ("explain", "--state"): None,
    ("explain", "--fields"): None, ("history", "--state"): None, ("repro", "--state"): None,
    ("explain", "--every-errno"): None, ("explain", "--system"): "gvisor",
    ("explain", "--sensitivity"): None,
    ("repro", "--style"): "ltp",
    ("table", "--family"): "AF_INET6", ("record", "--requests"): None,
    ("check", "--deviations"): "deviations.json", ("replay", "--as-bytes"): "case",
    ("replay", "--quiet"): None,
}
FILES = {"--output": "out.txt", "--format": "json"}


def try_flag(tool: Tool, command: str, flag: str) -> None:
    if flag in ELSEWHERE or (command, flag) in ELSEWHERE or command in ELSEWHERE_ALL:
        return
    beside, call = [], CALL
    if (command, flag) in OWN:
        value = OWN[command, flag]
    elif flag in WORLD:
        value, call, beside = WORLD[flag]
    elif flag in FILES:
        value = FILES[flag]
    else:
        return tool.expect(False, f"{command} {flag}: no row in this test")
    base, text = base_of(command, call)
    if command in ("check", "report", "diff", "record") and flag in WORLD:
        beside = []
    without = tool.run(command, *base, *beside, text=text)
    changed = tool.run(command, *base, *beside, flag, *([] if value is None else [value]),
                       text=text)
    said = (changed.returncode, changed.stdout) != (without.returncode, without.stdout)
    tool.expect(without.returncode in (0, 1, 4), f"{command}: {without.returncode} "
                                                 f"{without.stderr}")
    tool.expect(tool.refused(changed) or (said and changed.returncode in (0, 1, 4)),
                f"{command} {flag}: neither changes anything nor is refused: "
                f"{changed.returncode} {changed.stderr}")


# Flags that no help of the command names, and pairs of flags: refused in one line, which says so.
REFUSED = [
    (["check", "recording.jsonl", "--as", "nobody"], "--as changes nothing here"),
    (["check", "recording.jsonl", "--uid", "7"], "--uid changes nothing here"),
    (["check", "recording.jsonl", "--cap", "net_raw"], "--cap changes nothing here"),
    (["check", "recording.jsonl", "--limit", "fds_left=0"], "limits and policies"),
    (["check", "recording.jsonl", "--sysctl", "net.mptcp.enabled=0"], "network namespace"),
    (["check", "recording.jsonl", "--allow-autoload"], "no kernel is asked"),
    (["check", "recording.jsonl", "--subject", "6.12"], "either --subject or FILE"),
    (["record", "--subject", "6.12", "--as", "nobody"], "--as changes nothing here"),
    (["record", "--subject", "6.12", "--requests"], "--subject host"),
    (["report", "recording.jsonl", "--groups", "7"], "--groups changes nothing here"),
    (["diff", "6.11", "6.12", "--release", "6.1"], "A and B say which releases"),
    (["diff", "6.11", "6.12", "--as", "nobody"], "--as changes nothing here"),
    (["diff", "recording.jsonl", "recording.jsonl", "--module", "sctp=absent"], "as they are"),
    (["explain", CALL, "--fault", "99"], "--fault 99 changes nothing here"),
    (["history", CALL, "--fault", "99"], "--fault 99 changes nothing here"),
    (["repro", CALL, "--fault", "99"], "--fault 99 changes nothing here"),
    (["explain", CALL, "--errno", "EPERM", "--steps"], "--steps changes nothing here"),
    (["explain", CALL, "--format", "json", "--state"], "--state changes nothing here"),
    (["explain", CALL, "--errno", "EPERM", "--fields"], "--fields changes nothing here"),
    (["explain", CALL, "--kernel", "x"], "go with --live"),
    (["check", "--append", "x"], "about a machine that is booted"),
    (["check", "-", "--deviations", "-"], "standard input can be read once"),
    (["check", "-", "--world", "-"], "standard input can be read once"),
    (["strace", "-", "-"], "standard input can be read once"),
    (["strace", "--world", "-"], "standard input can be read once"),
    (["audit", "--kernel-config", "-"], "standard input can be read once"),
    (["ask", "--world", "-"], "standard input can be read once"),
    (["explian", CALL], 'unknown command "explian": did you mean explain?'),
    (["help", "strce"], 'unknown command "strce": did you mean strace?'),
    (["--versoin"], 'unknown flag "--versoin": did you mean --version?'),
    (["frobnicate"], 'unknown command "frobnicate" (sockoracle help)'),
    (["watch"], "accepted is either -p PID or, behind --, a command"),
    (["watch", "-p", "1", "--", "true"], "accepted is either -p PID or, behind --, a command"),
    (["watch", "true"], "watch true: accepted is a command behind --"),
    (["explain", CALL, "--world", "pid:x"], "accepted is pid:N"),
    (["explain", CALL, "--relase", "6.12"], 'unknown flag "--relase": did you mean --release?'),
]


def check_refusals(tool: Tool, recording: str) -> None:
    for arguments, sentence in REFUSED:
        reads = recording if arguments[:2] == ["check", "-"] else (
            '{"as":"nobody"}' if "--world" in arguments else
            "CONFIG_NET=y\n" if "--kernel-config" in arguments else LOG)
        done = tool.run(*arguments, text=reads)
        tool.expect(tool.refused(done) and sentence in done.stderr,
                    f"{' '.join(arguments)}: {done.returncode} {done.stdout[:200]}{done.stderr}")


def check_standard_input(tool: Tool, recording: str) -> None:
    """- is standard input wherever a file is read: the same answer as from the file."""
    config = pathlib.Path(tool.folder, "small.config").read_text()
    pairs = [
        (["check", "@"], "recording.jsonl", recording), (["report", "@"], "recording.jsonl",
                                                          recording),
        (["diff", "@", "6.12", *ROOT], "recording.jsonl", recording),
        (["diff", "6.12", "@", *ROOT], "recording.jsonl", recording),
        (["strace", "@"], "trace.txt", LOG), (["audit", "@"], "trace.txt", LOG),
        (["replay", "@"], "program.prog", pathlib.Path(tool.folder, "program.prog").read_text()),
        (["explain", CALL, "--world", "@"], "world.json", '{"as":"nobody"}'),
        (["explain", MPTCP, "--kernel-config", "@"], "small.config", config),
        (["check", "recording.jsonl", "--deviations", "@"], "deviations.json",
         pathlib.Path(tool.folder, "deviations.json").read_text()),
    ]
    for arguments, name, text in pairs:
        by_name = tool.run(*[name if word == "@" else word for word in arguments])
        by_dash = tool.run(*["-" if word == "@" else word for word in arguments], text=text)
        same = by_name.stdout.replace(name, "standard input") == by_dash.stdout
        tool.expect(same and by_dash.returncode == by_name.returncode in (0, 1, 4),
                    f"{' '.join(arguments)}: {by_name.returncode}, {by_dash.returncode} "
                    f"{by_dash.stderr}")


def check_full(tool: Tool) -> None:
    """Output that cannot be written: one line, and 69."""
    for arguments, text in (
            (["--help"], ""), (["explain", "--help"], ""), (["--version"], ""), (["help"], ""),
            (["version"], ""), (["explain", CALL], ""), (["history", CALL], ""), (["table"], ""),
            (["list", "rules"], ""), (["repro", CALL], ""), (["check", "recording.jsonl"], ""),
            (["report", "recording.jsonl"], ""), (["diff", "6.11", "6.12", *ROOT], ""),
            (["record", "--subject", "6.12", *ROOT], ""), (["strace"], LOG), (["audit"], LOG),
            (["replay", "program.prog"], ""), (["ask"], '{"call":"' + CALL + '"}\n')):
        with open("/dev/full", "w") as full:
            done = subprocess.run([tool.program, *arguments], cwd=tool.folder, input=text,
                                  text=True, stdout=full, stderr=subprocess.PIPE, timeout=300)
        lines = [line for line in done.stderr.splitlines() if "standard output" in line]
        tool.expect(done.returncode == 69 and len(lines) == 1,
                    f"{' '.join(arguments)} >/dev/full: {done.returncode} {done.stderr}")
        closed = subprocess.Popen([tool.program, *arguments], cwd=tool.folder, text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, restore_signals=False)
        closed.stdout.close()
        _, said = closed.communicate(text, timeout=300) if text else (None, closed.stderr.read())
        closed.wait(300)
        tool.expect(closed.returncode == 69 and said.count("standard output") == 1,
                    f"{' '.join(arguments)} into a closed pipe: {closed.returncode} {said}")


# Examples that need what is not here: (a word of them): why.
NOT_HERE = {"vm": "boots a machine", "uml": "boots a machine", "bzImage": "boots a machine",
            "ping": "traces programs, which may be forbidden", "curl": "traces programs",
            "watch": "traces programs"}


def check_examples(tool: Tool, commands: list) -> None:
    tried = 0
    for command in ["", *commands]:
        text = tool.run(*([command] if command else []), "--help").stdout
        examples = re.split(r"^Examples?:\n", text, flags=re.M)[1:]
        tool.expect(bool(examples), f"{command} --help has no example")
        if not examples:
            continue
        block = re.sub(r"(\||\\)\n +", r"\1 ", examples[0].partition("\n\n")[0])
        for line in block.splitlines():
            if any(re.search(rf"\b{word}\b", line) for word in NOT_HERE):
                continue
            tried += 1
            path = f"{pathlib.Path(tool.program).parent}:{os.environ['PATH']}"
            done = subprocess.run(["sh", "-c", line.strip()], cwd=tool.folder, text=True,
                                  capture_output=True, timeout=300, stdin=subprocess.DEVNULL,
                                  env=dict(os.environ, PATH=path))
            tool.expect(done.returncode in (0, 1, 4),
                        f"example of {command or 'sockoracle'}: {line.strip()}: "
                        f"{done.returncode} {done.stderr}")
    tool.expect(tried >= 20, f"only {tried} examples were tried")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "corpus").symlink_to(SOURCE / "corpus")
        (folder / "world.json").write_text('{"as":"nobody"}')
        (folder / "small.config").write_text(
            (SOURCE / "conformance/test/golden/small.config").read_text())
        for name_, golden in (("profile.json", "allow_list.json"), ("web.service", "web.service")):
            (folder / name_).write_text(
                (SOURCE / "conformance/test/golden" / golden).read_text())
        (folder / "trace.txt").write_text(LOG)
        (folder / "log").write_text(LOG)
        (folder / "deviations.json").write_text(
            '{"deviations":[{"rule":"*","observable":"*","expected":"*","got":"ENOTTY",'
            '"reason":"no kernel does so","link":""}]}')
        programs = sorted((SOURCE / "corpus/cves").glob("*.prog"))
        (folder / "program.prog").write_text(programs[0].read_text())
        case = next((SOURCE / "corpus/seeds/create_fuzzer").iterdir())
        (folder / "case.bytes").write_bytes(case.read_bytes())
        tool = Tool(str(pathlib.Path(sys.argv[1]).resolve()), name)
        recording = tool.run("record", *base_of("record", CALL)[0]).stdout
        (folder / "recording.jsonl").write_text(recording)
        (folder / "host.jsonl").write_text(recording)
        commands = commands_of(tool)
        count = 0
        for command in commands:
            for flag in flags_of(tool.run(command, "--help").stdout):
                count += 1
                try_flag(tool, command, flag)
        check_refusals(tool, recording)
        check_standard_input(tool, recording)
        check_full(tool)
        check_examples(tool, commands)
    print(f"{len(commands)} commands, {count} flags, {len(tool.wrong)} wrong")
    print("\n".join(tool.wrong[:30]))
    return 1 if tool.wrong or count < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
