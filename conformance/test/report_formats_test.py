#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each report format of one run with findings and of one without, read by others' readers.

usage: report_formats_test.py SOCKORACLE RECORDING
JUnit by xmllint with an XSD, JSON by python's jsonschema, KTAP by a reader after the kernel's
Documentation/dev-tools/ktap.rst, SARIF by the specification's demands on what we write (and by its
schema where SARIF_SCHEMA names one). What is not installed is said, and 4 is the status.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = SOURCE / "conformance" / "schema"
WRONG, MISSING = [], []
RESULT = re.compile(r"^(ok|not ok) (\d+)(?: (?:- )?([^#]*?))?"
                    r"(?: # (SKIP|TO[D]O|XFAIL|TIMEOUT|ERROR)(.*))?$")


def expect(condition, what):
    if not condition:
        WRONG.append(what)


def check_junit(path, findings, folder):
    root = ET.parse(path).getroot()
    suites = root.findall("testsuite")
    for suite in suites:
        cases = suite.findall("testcase")
        for name, count in (("tests", len(cases)),
                            ("failures", sum(c.find("failure") is not None for c in cases)),
                            ("skipped", sum(c.find("skipped") is not None for c in cases))):
            expect(int(suite.get(name)) == count, f"junit: {suite.get('name')} {name}")
    for name in ("tests", "failures", "skipped"):
        total = sum(int(suite.get(name)) for suite in suites)
        expect(int(root.get(name)) == total, f"junit: the sum of {name}")
    expect((int(root.get("failures")) > 0) == findings, "junit: failures")
    if shutil.which("xmllint") is None:
        MISSING.append("xmllint (libxml2-utils)")
        return
    command = ["xmllint", "--noout", "--schema", str(SCHEMAS / "junit.xsd")]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True)
    expect(done.returncode == 0, f"junit: {done.stderr[-500:]}")
    broken = folder / "broken.xml"
    broken.write_text(path.read_text().replace(' tests="', ' test="', 1))
    expect(subprocess.run([*command, str(broken)], capture_output=True).returncode != 0,
           "junit: the XSD notices nothing")


def read_ktap(lines, indent=""):
    """One KTAP document at this depth: its results. Raises ValueError."""
    if not lines or lines[0] != indent + "KTAP version 1":
        raise ValueError(f"no version line: {lines[:1]}")
    lines.pop(0)
    plan = re.fullmatch(re.escape(indent) + r"1\.\.(\d+)", lines.pop(0) if lines else "")
    if plan is None:
        raise ValueError("no plan after the version")
    results = []
    while lines and lines[0].startswith(indent) and len(results) <= int(plan[1]):
        line = lines[0][len(indent):]
        if line.startswith("  KTAP version"):
            children = read_ktap(lines, indent + "  ")
            own = RESULT.match(lines[0][len(indent):] if lines else "")
            failed = any(not result["ok"] for result in children)
            if own is None or (own[1] == "ok") == failed:
                raise ValueError(f"a parent that does not say what its subtests do: {lines[:1]}")
            continue
        if line.startswith("#"):
            lines.pop(0)
            continue
        found = RESULT.match(line)
        if found is None:
            break
        lines.pop(0)
        results.append({"ok": found[1] == "ok", "skip": found[4] == "SKIP"})
        if int(found[2]) != len(results):
            raise ValueError(f"out of order: {line}")
    if len(results) != int(plan[1]):
        raise ValueError(f"{len(results)} results, planned {plan[1]}")
    return results


def check_ktap(path, findings):
    lines = path.read_text().splitlines()
    try:
        results = read_ktap(lines)
        expect(not [line for line in lines if not line.startswith("#")], f"ktap: rest {lines[:2]}")
        expect(any(not r["ok"] for r in results) == findings, "ktap: which tests fail")
    except ValueError as error:
        WRONG.append(f"ktap: {error}")


def check_json(path, findings):
    report = json.loads(path.read_text())
    expect(bool(report["comparisons"][0]["findings"]) == findings, "json: findings")
    try:
        import jsonschema
    except ImportError:
        MISSING.append("python3-jsonschema")
        return
    schema = json.loads((SCHEMAS / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for error in list(validator.iter_errors(report))[:3]:
        WRONG.append(f"json: {error.json_path}: {error.message}")
    del report["comparisons"][0]["values"]
    expect(not validator.is_valid(report), "json: the schema notices nothing")


def check_sarif(path, findings):
    report = json.loads(path.read_text())
    expect(report["version"] == "2.1.0", "sarif: version")
    table = (SOURCE / "model" / "rules.def").read_text().splitlines()
    for run in report["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        expect(len(set(rules)) == len(rules), "sarif: rule ids are unique")
        expect(bool(run["results"]) == findings, "sarif: results")
        prints = [result.get("partialFingerprints", {}).get("finding/v1")
                  for result in run["results"]]
        expect(len(set(prints)) == len(prints), "sarif: fingerprints are unique")
        for result in run["results"]:
            expect(rules[result["ruleIndex"]] == result["ruleId"], f"sarif: {result['ruleId']}")
            place = result["locations"][0]["physicalLocation"]
            line = table[place["region"]["startLine"] - 1]
            expect(line.startswith("RULE(" + result["ruleId"] + ","), f"sarif: place {line}")
    schema = os.environ.get("SARIF_SCHEMA")
    if schema:
        import jsonschema
        expected = json.loads(pathlib.Path(schema).read_text())
        for error in list(jsonschema.Draft7Validator(expected).iter_errors(report))[:3]:
            WRONG.append(f"sarif: {error.json_path}: {error.message}")


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 64
    tool, recording = sys.argv[1:]
    # A kernel without UDP-Lite would answer otherwise: a run with findings.
    runs = [(False, []), (True, ["--module", "udplite=absent", "--without", "ipproto_max_263"])]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for findings, flags in runs:
            paths = {}
            for form in ("junit", "ktap", "json", "sarif"):
                paths[form] = folder / form
                subprocess.run([tool, "report", "--format", form, "-o", str(paths[form]), *flags,
                                recording], check=True, capture_output=True)
            check_junit(paths["junit"], findings, folder)
            check_ktap(paths["ktap"], findings)
            check_json(paths["json"], findings)
            check_sarif(paths["sarif"], findings)
    for line in WRONG[:20]:
        print(line)
    print(f"{len(runs)} runs in 4 formats, {len(WRONG)} wrong")
    if MISSING:
        print("not installed: " + ", ".join(sorted(set(MISSING))), file=sys.stderr)
    return 1 if WRONG else 4 if MISSING else 0


if __name__ == "__main__":
    sys.exit(main())
