#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Text on a terminal: its width, its colours, its pager, and what must never reach it.

usage: terminal_test.py SOCKORACLE
The terminal is a pty whose window has a size. Exit status: 0 good, 1 wrong.
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WIDTHS = (60, 80, 100, 132)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
RAW = "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)"
TEXTS = [
    ["explain", RAW, "--release", "6.18"],
    ["explain", RAW, "--release", "6.18", "--as", "nobody"],
    ["explain", RAW, "--release", "6.18", "--state"],
    ["explain", RAW, "--release", "6.18", "--fields"],
    ["explain", RAW, "--release", "6.18", "--steps"],
    ["explain", RAW, "--release", "6.18", "--errno", "EPERM"],
    ["explain", RAW + " = -1 EACCES (Permission denied)", "--release", "6.18"],
    ["explain", "socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP)", "--module", "sctp=absent",
     "--release", "6.18"],
    ["explain", "socket(AF_INET, SOCK_RAW, 0)", "--as", "nobody", "--release", "6.18"],
    ["explain", RAW, "--world", "host"],
    ["history", "socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)"],
    ["history", "socket(AF_INET, SOCK_DCCP, IPPROTO_DCCP)", "--as", "nobody"],
    ["table", "--release", "6.12"],
    ["table", "--release", "7.3", "--family", "inet6", "--as", "nobody"],
    *[["list", what] for what in ("releases", "rules", "behaviours", "subjects", "observables",
                                  "worlds", "protocols")],
    ["audit", "corpus/audits/ltp-socket01.tsv", "--release", "6.18"],
    ["check", "corpus/recordings/gvisor-20240729-systrap.jsonl"],
    ["--help"], ["explain", "--help"], ["check", "--help"], ["repro", "--help"],
]


class Shown:
    def __init__(self, status: int, output: str, errors: str) -> None:
        self.status, self.output, self.errors = status, output, errors


def on_terminal(command: list[str], columns: int, rows: int = 24, **environment: str) -> Shown:
    """Standard output and error are terminals; what the program writes comes back whole."""
    main_end, tool_end = pty.openpty()
    error_end, tool_error_end = pty.openpty()
    for end in (tool_end, tool_error_end):
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        mode = termios.tcgetattr(end)
        mode[1] &= ~termios.OPOST  # no \r before \n
        termios.tcsetattr(end, termios.TCSANOW, mode)
    kept = {name: value for name, value in os.environ.items()
            if name not in ("COLUMNS", "NO_COLOR", "PAGER", "LESS", "TERM")}
    settings = {"TERM": "xterm", "PAGER": "cat", **environment}
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=tool_end,
                               stderr=tool_error_end, env={**kept, **settings})
    os.close(tool_end)
    os.close(tool_error_end)
    texts = {main_end: b"", error_end: b""}
    still_open, deadline = set(texts), time.monotonic() + 120
    while still_open and time.monotonic() < deadline:
        for end in select.select(list(still_open), [], [], 1)[0]:
            try:
                chunk = os.read(end, 65536)
            except OSError:  # EIO: nobody has the other side any more
                chunk = b""
            texts[end] += chunk
            if not chunk:
                still_open.discard(end)
    os.close(main_end)
    os.close(error_end)
    status = process.wait(timeout=10)
    return Shown(status, texts[main_end].decode(), texts[error_end].decode())


def can_be_wrapped(line: str) -> bool:
    """Whether a blank stands in the line's last column, but within a quoted argument."""
    text = re.sub(r"'[^']*'", "quoted", line.rstrip(" \\"))
    last = re.split(r" {2,}", text.strip())[-1]
    return " " in last


class Test:
    def __init__(self, tool: str) -> None:
        self.tool, self.wrong, self.held = tool, 0, 0

    def expect(self, held: bool, what: str) -> None:
        self.held += held
        if not held:
            self.wrong += 1
            print(f"WRONG  {what}")

    def tty(self, *words: str, columns: int = 80, rows: int = 24, **environment: str) -> Shown:
        return on_terminal([self.tool, *words], columns, rows, **environment)

    def widths(self) -> None:
        for words in TEXTS:
            for columns in WIDTHS:
                shown = self.tty(*words, columns=columns)
                plain = COLOUR.sub("", shown.output)
                self.expect(len(plain) > 40, f"{words} prints {plain!r} {shown.errors!r}")
                for line in plain.splitlines():
                    if len(line) > columns and can_be_wrapped(line):
                        self.expect(False, f"{columns} columns: {' '.join(words)}: {line!r}")
                        break

    def width_of_files(self) -> None:
        command = [self.tool, "explain", RAW, "--release", "6.18", "--state"]
        narrow = self.tty("explain", RAW, "--release", "6.18", columns=200, COLUMNS="70")
        self.expect(max(map(len, COLOUR.sub("", narrow.output).splitlines())) <= 70, "COLUMNS=70")
        wide = self.tty("explain", RAW, "--release", "6.18", "--state", columns=132)
        self.expect(max(map(len, COLOUR.sub("", wide.output).splitlines())) > 100, "132 are used")
        tiny = self.tty("explain", RAW, "--release", "6.18", columns=20)
        self.expect(40 < max(map(len, COLOUR.sub("", tiny.output).splitlines())) <= 60,
                    "at least 60")
        for columns in ("", "300", "nonsense"):
            text = subprocess.run(command, env={**os.environ, "COLUMNS": columns}, text=True,
                                  capture_output=True, check=True).stdout
            self.expect(80 < max(map(len, text.splitlines())) <= 100, f"a file, COLUMNS={columns}")

    def first_screen(self) -> None:
        """A success at 80 columns."""
        for call in (RAW, "socket(AF_INET, SOCK_STREAM, 0)", "socket(AF_INET6, SOCK_DGRAM, 0)",
                     "socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)"):
            lines = self.tty("explain", call, "--release", "6.18").output.splitlines()
            self.expect(len(lines) <= 22, f"{call}: {len(lines)} lines")

    def colours(self) -> None:
        words = ["explain", RAW, "--release", "6.18", "--as", "nobody"]
        piped = subprocess.run([self.tool, *words, "--color", "always"], capture_output=True,
                               text=True, check=True).stdout
        self.expect("\x1b[31mEPERM\x1b[0m" in piped, "--color always in a pipe")
        plain = subprocess.run([self.tool, *words], capture_output=True, text=True,
                               check=True).stdout
        self.expect(COLOUR.sub("", piped) == plain, "colours change nothing else")
        self.expect("\x1b" in self.tty(*words).output, "a terminal has colours")
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.expect("\x1b" not in self.tty(*words, **environment).output, str(environment))
        self.expect("\x1b" in self.tty(*words, NO_COLOR="").output, "NO_COLOR=: not set")
        self.expect("\x1b" not in self.tty(*words, "--color", "never").output, "--color never")
        self.expect("\x1b" not in self.tty("--color", "never", *words).output, "before the command")
        self.expect("\x1b" in self.tty(*words, "--color", "always", NO_COLOR="1").output,
                    "--color always wins")
        json = self.tty(*words, "--format", "json", "--color", "always").output
        self.expect("\x1b" not in json, "JSON has no colours")
        refused = self.tty(*words, "--color", "pink")
        self.expect(refused.status == 64 and "pink" in refused.errors, "--color pink")

    def pager(self) -> None:
        long, short = ["list", "rules"], ["explain", RAW, "--release", "6.18"]
        paged = self.tty(*long, PAGER="sed 's/^/>/'").output
        self.expect(all(line.startswith(">") for line in paged.splitlines()), "PAGER is used")
        quiet = [self.tty(*long, PAGER=""), self.tty(*long, PAGER="cat"),
                 self.tty(*long, "--no-pager", PAGER="sed 's/^/>/'"),
                 self.tty("--no-pager", *long, PAGER="sed 's/^/>/'"),
                 self.tty(*long, rows=9999, PAGER="sed 's/^/>/'"),
                 self.tty(*long, PAGER="/does/not/exist")]
        for number, shown in enumerate(quiet):
            self.expect(COLOUR.sub("", shown.output).startswith("seccomp_filter"),
                        f"without it: {number}")
        self.expect(not self.tty(*short, rows=60, PAGER="sed 's/^/>/'").output.startswith(">"),
                    "a short text is not paged")
        self.expect("LESS=FRX" in self.tty(*long, PAGER="env").output, "LESS as git sets it")
        self.expect("LESS=own" in self.tty(*long, PAGER="env", LESS="own").output, "LESS is kept")
        early = self.tty(*long, PAGER="head -n1")
        self.expect(early.status == 0 and early.errors == "", "quitting early is no error")
        differs = self.tty("explain", RAW + " = -1 EACCES (Permission denied)", "--release", "6.18",
                           rows=3, PAGER="true")
        self.expect(differs.status == 1, "the exit status is the program's")
        piped = subprocess.run([self.tool, *long], capture_output=True, text=True, check=True,
                               env={**os.environ, "PAGER": "false"}).stdout
        self.expect(piped.startswith("rule "), "no pager in a pipe")
        self.expect(piped.count("\n") < 60, "in a pipe a row is a line")

    def control_bytes(self) -> None:
        esc, c1, bad = "\x1b]0;owned\x07", "\u009b31m", b"\xff".decode(errors="surrogateescape")
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / f"log{esc}"
            log.write_text(f"socket(AF_INET, {esc}SOCK_RAW, 1) = 3\n"
                           f"socket(AF_INET, SOCK_STREAM, 0) = -1 E{esc}\n")
            audit = pathlib.Path(folder) / "suite"
            audit.write_text(f"socket(AF_INET, SOCK_RAW, 0) = -1 EINVAL  # name {esc}{c1}\n")
            world = pathlib.Path(folder) / "world"
            world.write_text('{"release":"\\u001b[31m"}')
            commands = [["explain", "socket(2, " + text] for text in (esc, c1, bad, "\n\r")]
            commands += [["explain", RAW, flag, esc + c1 + bad] for flag in (
                "--as", "--release", "--world", "--module", "--sysctl", "--errno", "--cap",
                "--color", "--format", "--subject", "--kernel-config", "--with", "--limit")]
            commands += [[esc], ["--" + esc], ["list", esc], ["table", "--family", esc + bad],
                         ["check", folder + "/" + esc], ["diff", esc, "6.12"], ["audit", esc],
                         ["replay", esc], ["repro", esc], ["strace", str(log)],
                         ["audit", str(audit)], ["explain", RAW, "--world", str(world)]]
            for words in commands:
                shown = self.tty(*words, NO_COLOR="1")
                for name, text in (("output", shown.output), ("errors", shown.errors)):
                    odd = [c for c in text if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160)]
                    self.expect(not odd, f"{words!r}: {name} {text!r}")
                self.expect(shown.status in (0, 1, 4, 64, 69), f"{words!r}: {shown.status}")
                if shown.status == 64 and words[0] != "strace":
                    self.expect(shown.errors.count("\n") == 1, f"one line: {shown.errors!r}")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    test = Test(os.path.abspath(sys.argv[1]))
    for part in (test.widths, test.width_of_files, test.first_screen, test.colours, test.pager,
                 test.control_bytes):
        part()
    print(f"{test.held} held, {test.wrong} wrong")
    return 1 if test.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
