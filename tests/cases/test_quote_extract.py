"""Golden cases of quote_extract: plugins/quote_extract/cases/*.json through `copydesk run`, once for each set of options.

The shape of `expect` is described in plugins/quote_extract/cases/README.md. Those in cases/judged were written and judged by somebody
who had not seen the code; what of them is not met is listed in that README with the reason, and must fail until it is taken off the
list. Every position is checked against the text too, and that each of the 66 phenomena that the plugin's README lists has cases.
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
FOLDER = ROOT / "plugins/quote_extract"


def load_cases():
    cases = []
    for path in sorted((FOLDER / "cases").rglob("*.json")):
        for n, case in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            cases.append({**case, "id": f"{'judged/' if path.parent.name == 'judged' else ''}{path.stem}-{n}"})
    return cases


def not_met():
    """The ids that cases/README.md lists as not met."""
    table = (FOLDER / "cases/README.md").read_text(encoding="utf-8").partition("## Not met")[2]
    return set(re.findall(r"^\| `([\w/-]+)` \|", table, flags=re.M))


CASES = load_cases()


@pytest.fixture(scope="session")
def quotes(tmp_path_factory):
    """id → the member `quotes`; one run for each distinct set of stages and options."""
    groups = {}
    for case in CASES:
        key = case.get("stages", "quote_extract"), json.dumps(case.get("options", {}), sort_keys=True)
        groups.setdefault(key, []).append(case)
    found = {}
    for (stages, options), cases in groups.items():
        source = tmp_path_factory.mktemp("quotes") / "cases.jsonl"
        rows = [{"id": c["id"], "text": c["text"]} for c in cases]
        source.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
        command = [COPYDESK, "run", "--stages", stages]
        for name, value in json.loads(options).items():
            command += ["--set", f"quote_extract.{name}={value}"]
        run = subprocess.run([*command, str(source)], capture_output=True, text=True, encoding="utf-8", check=False)
        assert run.returncode == 0, run.stderr
        for line in run.stdout.splitlines():
            article = json.loads(line)
            found[article["id"]] = article["enrichment"]["quotes"]
    return found


def seen(quote, text, expected):
    """What was found, in the members that the expected quote names."""
    speaker, cue = quote["speaker"] or {}, quote["cue"] or {}
    every = {
        "text": quote["text"],
        "speaker": speaker.get("name"),
        "kind": quote["kind"],
        "mention": speaker.get("mention"),
        "role": speaker.get("role"),
        "resolved_by": speaker.get("resolved_by"),
        "cue": cue.get("text"),
        "parts": [text[p["start"]:p["end"]] for p in quote["parts"]],
    }
    return {k: v for k, v in every.items() if k in expected or k in ("text", "speaker")}


@pytest.mark.parametrize("case", CASES, ids=[f"{c['id']}: {c['name']}" for c in CASES])
def test_case(case, quotes):
    expected, found = case["expect"]["quotes"], quotes[case["id"]]
    shown = [seen(q, case["text"], expected[n] if n < len(expected) else {}) for n, q in enumerate(found)]
    if case["id"] in not_met():
        assert shown != expected, "met now: take it off the list in cases/README.md"
    else:
        assert shown == expected


@pytest.mark.parametrize("case", CASES, ids=[c["id"] for c in CASES])
def test_positions(case, quotes):
    text, last = case["text"], 0
    for quote in quotes[case["id"]]:
        assert quote["start"] >= last and text[quote["start"]:quote["end"]] == quote["text"]
        last = quote["end"]
        at = quote["start"]
        for part in quote["parts"]:
            assert at <= part["start"] < part["end"] <= quote["end"]
            at = part["end"]
        assert quote["parts"][0]["start"] == quote["start"] and quote["parts"][-1]["end"] == quote["end"]
        assert 0 <= quote["confidence"] <= 1 and re.fullmatch("[0-9a-f]{16}", quote["id"])
        for span, key in ((quote["speaker"], "mention"), (quote["cue"], "text")):
            if span:
                assert text[span["start"]:span["end"]] == span[key]


def test_each_phenomenon_is_explained_and_has_two_cases():
    """The table of the plugin's README has each number once, with something said; each has two cases at least."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8").partition("## Phenomena")[2]
    rows = re.findall(r"^\| (\d+) \| (\S[^|]*) \| (\S[^|]*) \|$", readme, flags=re.M)
    assert [int(number) for number, _, _ in rows] == list(range(1, 67))
    numbers = [int(m.group(1)) for c in CASES if (m := re.match(r"(\d\d) ", c["name"]))]
    assert {n for n in range(1, 67) if numbers.count(n) < 2} == set() and set(numbers) == set(range(1, 67))


def test_what_is_not_met_exists():
    assert not_met() <= {case["id"] for case in CASES}


def test_id_is_that_of_the_words(quotes):
    """The same words in other marks, with another attribution, have the same id."""
    by_text = {}
    for case in CASES:
        for quote in quotes[case["id"]]:
            words = " ".join(re.findall(r"\w+", quote["text"].lower()))
            if len(quote["parts"]) == 1 and "&" not in quote["text"] and re.fullmatch(r"[a-z ]+", words):
                by_text.setdefault(words, set()).add(quote["id"])
    assert any(True for _ in by_text) and all(len(ids) == 1 for ids in by_text.values())
    assert len({i for ids in by_text.values() for i in ids}) == len(by_text)
