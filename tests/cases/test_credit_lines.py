"""Single lines that credit_strip must judge, each alone in the same story: plugins/credit_strip/cases/lines.tsv, one run.

A line's columns are where it stands (above the story, in its midst, below it), its kind or kinds, and the line itself; a
line of kind "-" is story. The story around it may not be touched.
"""
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPYDESK = os.environ.get("COPYDESK", str(Path(os.environ.get("COPYDESK_BUILD", ROOT / "build")) / "copydesk"))

ABOVE = [
    "The council of Velmora voted on Tuesday to close the old fish market and to build a school in its place.",
    "Residents had asked for it for years, and several of them spoke at the session before the vote was taken.",
    "“We have waited long enough,” said councilor Inez Tarrow after the session had ended.",
]
BELOW = [
    "The work is to begin in spring and will cost about 14 million crowns, according to the council's own figures.",
    "A second reading follows in May, when the architects will show a model of the building to the public.",
    "Until then the market stays open on Thursdays and Saturdays, as it has since the old harbor was filled in.",
]


def load():
    rows = (ROOT / "plugins/credit_strip/cases/lines.tsv").read_text(encoding="utf-8").splitlines()
    for row in rows:
        if row and not row.startswith("#"):
            place, kinds, text = row.split("\t")
            lines = text.split("\\n")
            kinds = kinds.split(",")
            yield place, kinds if len(kinds) == len(lines) else kinds * len(lines), lines


LINES = list(load())


def article(number, place, lines):
    paragraphs = {"top": lines + ABOVE + BELOW, "mid": ABOVE + lines + BELOW, "bot": ABOVE + BELOW + lines}[place]
    return {"id": str(number), "title": "Council closes the fish market", "text": "\n\n".join(paragraphs)}


@pytest.fixture(scope="module")
def spans(tmp_path_factory):
    """number → the spans as (kind, text)."""
    source = tmp_path_factory.mktemp("lines") / "lines.jsonl"
    rows = [article(n, place, lines) for n, (place, _, lines) in enumerate(LINES)]
    source.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    command = [COPYDESK, "run", "--stages", "language_detect,credit_strip", str(source)]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stderr
    found = {}
    for row in run.stdout.splitlines():
        one = json.loads(row)
        found[int(one["id"])] = [(s["kind"], s["text"]) for s in one["enrichment"]["credits"]["spans"]]
    return found


@pytest.mark.parametrize("number", range(len(LINES)), ids=[f"{place}: {' / '.join(lines)[:60]}" for place, _, lines in LINES])
def test_line(number, spans):
    _, kinds, lines = LINES[number]
    assert spans[number] == [(kind, line) for kind, line in zip(kinds, lines) if kind != "-"]
