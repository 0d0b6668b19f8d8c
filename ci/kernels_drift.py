# SPDX-License-Identifier: GPL-2.0-only
"""What a recording says about the tables: which rows no longer hold, and which row it would take.

A difference has a cause. Each row that can be switched off or on by a flag (behaviours, protocol
providers) is tried: the one that takes most findings away is named, then the next one, until none
helps. What is left gets a new row, proposed with what is known of it.
"""
import json
import re
import subprocess

CONTEXTS = ("root", "nobody", "ping-gid", "no-fd")
ROUNDS_MAX = 8
EXIT_DIFFERENCE = 1


def number(release):
    return tuple(int(part) for part in release.split("."))


class Drift:
    def __init__(self, tool, recording, against):
        self.tool, self.recording = tool, str(recording)
        with open(recording, encoding="utf-8") as file:
            self.header = json.loads(file.readline())
        self.kernel = ".".join(re.findall(r"\d+", self.header["release"])[:2])
        self.against = against or self.kernel
        self.flags = ["--release", against] if against else []

    def findings(self, *changes, contexts=CONTEXTS):
        """The unexpected ones with these rows switched."""
        words = [word for name in contexts for word in ("--context", name)]
        done = subprocess.run([self.tool, "check", self.recording, "--format", "json", *self.flags,
                               *(word for change in changes for word in change), *words],
                              capture_output=True, text=True, check=False)
        if done.returncode not in (0, EXIT_DIFFERENCE):
            raise RuntimeError(done.stderr.strip())
        found = json.loads(done.stdout)["comparisons"][0]["findings"]
        return [finding for finding in found if not finding["known"]]

    def listed(self, what):
        return json.loads(subprocess.run([self.tool, "list", what, "--format", "json"], check=True,
                                         capture_output=True, text=True).stdout)

    def candidates(self):
        """(flag, value), and the edit of the table that would say the same."""
        for row in self.listed("behaviours"):
            name, there = row["behaviour"], number(self.against) >= number(row["since"] or "0")
            if row["until"] and number(self.against) >= number(row["until"]):
                there = False
            if there:
                yield ("--without", name), f'behaviour {name}: until "{self.kernel}"'
            else:
                yield ("--with", name), f'behaviour {name}: since "{self.kernel}"'
        for name in self.header["modules"]:
            yield ("--module", f"{name}=absent"), f'provider {name}: until "{self.kernel}"'

    def causes(self):
        """The rows that no longer hold, and the findings that none of them explains."""
        taken, edits, left = [], [], self.findings()
        candidates = list(self.candidates()) if left else []
        for _ in range(ROUNDS_MAX):
            tried = [(self.findings(*taken, change), change, edit) for change, edit in candidates]
            # Who does not help at all does not help later either.
            helping = sorted((one for one in tried if len(one[0]) < len(left)),
                             key=lambda one: len(one[0]))
            if not helping:
                break
            rest, change, edit = helping[0]
            taken.append(change)
            edits.append((edit, len(left) - len(rest)))
            left = rest
            candidates = [(change, edit) for _, change, edit in helping[1:]]
        return edits, left

    def proposed(self, finding, rules):
        """A row for what no row explains."""
        rule, observable = finding["rule"], finding["observable"]
        where = rules.get(rule, {}).get("where", "")
        name = re.sub(r"\W+", "_", f"{rule}_{observable}".lower())
        sentence = f'{finding["smallest"]}: {observable} is {finding["got"]}; before, ' \
                   f'{finding["expected"]}'
        return f'BEHAVIOUR({name}, .since = "{self.kernel}", .until = "", .backports = "",\n' \
               f'  .evidence = "kernel", .where = "{where}",\n' \
               f'  .sentence = "{sentence}")'

    def lines(self):
        """The report; empty where nothing drifted."""
        edits, left = self.causes()
        for edit, count in edits:
            yield f"no longer holds  {edit}   ({count} findings)"
        rules = {row["rule"]: row for row in self.listed("rules")}
        for finding in left:
            yield f'no longer holds  rule {finding["rule"]}: {finding["sentence"]}'
            yield f"  proposed row for model/behaviours.def:\n  {self.proposed(finding, rules)}"
