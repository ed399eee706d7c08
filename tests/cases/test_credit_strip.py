"""Golden cases of credit_strip: plugins/credit_strip/cases/**/*.json through `copydesk run`, once for each set of options.

The shape of `expect` is described in plugins/credit_strip/cases/README.md, and there too stand the cases that fail, with their
reasons: they must fail, so that the list stays true. Every span is also checked against the text, and the body against what is
left of it.
"""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("COPYDESK_BUILD", ROOT / "build"))
COPYDESK = os.environ.get("COPYDESK", str(BUILD / "copydesk"))
STAGES = os.environ.get("COPYDESK_CREDIT_STAGES", "language_detect,credit_strip")


FOLDER = ROOT / "plugins/credit_strip/cases"


def load_cases():
    cases = []
    for path in sorted(FOLDER.rglob("*.json")):
        for n, case in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            cases.append({**case, "id": f"{path.stem}-{n}"})
    return cases


def known_failures():
    """id → reason, from the README's table below "Cases that fail"."""
    section = (FOLDER / "README.md").read_text(encoding="utf-8").partition("## Cases that fail")[2]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.M))


CASES = load_cases()
FAILING = known_failures()


def marked(case):
    reason = FAILING.get(case["id"])
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(case, marks=marks, id=f"{case['id']}: {case['name']}")


@pytest.fixture(scope="session")
def credits(tmp_path_factory):
    """id → the member `credits`; one run for each distinct set of options."""
    groups = {}
    for case in CASES:
        groups.setdefault(json.dumps(case.get("options", {}), sort_keys=True), []).append(case)
    found = {}
    for options, cases in groups.items():
        source = tmp_path_factory.mktemp("credits") / "cases.jsonl"
        rows = [{k: c[k] for k in ("id", "title", "source", "text") if k in c} for c in cases]
        source.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
        command = [COPYDESK, "run", "--stages", STAGES]
        for name, value in json.loads(options).items():
            command += ["--set", f"credit_strip.{name}={value}"]
        run = subprocess.run([*command, str(source)], capture_output=True, text=True, encoding="utf-8", check=False)
        assert run.returncode == 0, run.stderr
        for line in run.stdout.splitlines():
            article = json.loads(line)
            found[article["id"]] = article["enrichment"]["credits"]
    return found


def spans_of(found, expected):
    """What was found, with the members that the expected span of the same place names."""
    rows = []
    for n, span in enumerate(found):
        keys = ["kind", "text"]
        if n < len(expected):
            keys += [k for k in ("people", "agencies") if k in expected[n]]
        rows.append({k: span.get(k) for k in keys})
    return rows


def test_the_list_of_failing_cases_names_cases():
    assert set(FAILING) <= {case["id"] for case in CASES}


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_case(case, credits):
    got, expect, text = credits[case["id"]], case["expect"], case["text"]
    assert spans_of(got["spans"], expect["spans"]) == expect["spans"]
    assert (got["headline"] or {}).get("text") == expect.get("headline")
    for member in ("authors", "published_by", "body"):
        if member in expect:
            assert got[member] == expect[member]
    end = 0
    for span in got["spans"]:
        assert span["start"] >= end and text[span["start"]:span["end"]] == span["text"] == span["text"].strip()
        assert "\n" not in span["text"] and span["rule"]
        end = span["end"]
    left, at = "", 0
    cuts = got["spans"] + ([got["headline"]] if got["headline"] else [])
    for span in sorted(cuts, key=lambda s: s["start"]):
        left += text[at:span["start"]]
        at = span["end"]
    assert "".join((left + text[at:]).split()) == "".join(got["body"].split())
