#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A unit's filters on the running kernel: the calls of a grid get what is predicted.

usage: unit_filter_test.py SOCKORACLE

No systemd runs units here: the filters that the unit becomes are loaded into a child in systemd's
order, after its user and capabilities were left, and the child's answers are compared.
Exit status: 0 passed, 1 failed, 4 filters cannot be loaded here.
"""

import os
import re
import subprocess
import sys

import seccomp_test
import unit_main

# Each with what it is about; the first line of a list says whether it allows or denies.
UNITS = {
    "allowed families": "RestrictAddressFamilies=AF_UNIX AF_INET\n",
    "denied families": "RestrictAddressFamilies=~AF_INET AF_NETLINK\n",
    "denied, one taken back": "RestrictAddressFamilies=~AF_INET AF_NETLINK\n"
                              "RestrictAddressFamilies=AF_NETLINK\n",
    "no family": "RestrictAddressFamilies=none\n",
    "a reset": "RestrictAddressFamilies=none\nRestrictAddressFamilies=\n"
               "SystemCallFilter=~socketpair:ENOANO\n",
    "service calls": "SystemCallFilter=@system-service\nSystemCallErrorNumber=EPERM\n",
    "no network": "SystemCallFilter=~@network-io\nSystemCallErrorNumber=EACCES\n",
    "killed": "SystemCallFilter=~socket\n",
    "both": "RestrictAddressFamilies=AF_INET\nSystemCallFilter=~socket:13\n",
}


def filters_of(text: str) -> list[bytes]:
    """The filters that `sockoracle filter` prints, one behind the other, as bytes."""
    filters = []
    for line in text.splitlines():
        if line.startswith("# filter"):
            filters.append(b"")
        elif words := re.match(r"\d+: (0x\w+) (0x\w+) (0x\w+) (0x\w+)", line):
            code, jt, jf, k = (int(word, 16) for word in words.groups())
            filters[-1] += seccomp_test.struct.pack("<HBBI", code, jt, jf, k)
    return filters


class TestUnits(seccomp_test.Seccomp):
    def test_units(self):
        calls = seccomp_test.grid()
        without = seccomp_test.real_answers([], calls, 41)
        for what, lines in UNITS.items():
            unit = self.put(f"{what.replace(' ', '-')}.service",
                            f"[Service]\n{lines}".encode())
            said = self.ask([{"call": {"family": f, "type": t, "protocol": p, "upper": list(u)},
                              "world": {"unit": unit}} for f, t, p, u in calls])
            text = subprocess.run([self.tool, "filter", "--unit", unit], check=True, text=True,
                                  capture_output=True).stdout
            got = seccomp_test.real_answers(filters_of(text), calls[:400], 41)
            filtered = 0
            for call, answer, bare, real in zip(calls, said, without, got):
                expected = bare
                if answer["rule"] == "seccomp_filter":
                    filtered += 1
                    expected = answer["errno"]
                    expected = str(seccomp_test.ERRNOS.get(expected, expected))
                self.assertEqual(real, expected, f"{what} {call}: {answer}")
            print(f"{what}: {len(got)} calls, {filtered} answered by its filters")


if __name__ == "__main__":
    seccomp_test.Seccomp.tool = unit_main.take_program(__doc__)
    if os.uname().machine != "x86_64":
        print("the numbers of system calls here are x86_64's")
        sys.exit(4)
    unit_main.run()
