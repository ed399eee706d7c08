"""Single lines that credit_strip must judge, each alone in the same story: plugins/credit_strip/cases/lines/CODE.tsv, a run a
language.

The rows of a file: `title` and `story`, a paragraph each; then a line's place (above the story, in its midst, below it), its
kind or kinds, and the line itself. A line of kind "-" is story. The story around it may not be touched.
"""
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COPYDESK = os.environ.get("COPYDESK", str(Path(os.environ.get("COPYDESK_BUILD", ROOT / "build")) / "copydesk"))


def load(path):
    """The title, and a row for each line: its name, the article's paragraphs, the spans that are expected."""
    title, story, rows = None, [], []
    for place, *rest in (r.split("\t") for r in path.read_text(encoding="utf-8").splitlines()):
        if place == "title":
            title = rest[0]
        elif place == "story":
            story += rest
        else:
            lines = rest[1].split("\\n")
            kinds = rest[0].split(",") if "," in rest[0] else [rest[0]] * len(lines)
            at = {"top": 0, "mid": len(story) // 2, "bot": len(story)}[place]
            expected = [(kind, line) for kind, line in zip(kinds, lines, strict=True) if kind != "-"]
            rows.append((f"{path.stem} {place}: {' / '.join(lines)[:60]}", story[:at] + lines + story[at:], expected))
    return title, rows


FILES = {path.stem: load(path) for path in sorted((ROOT / "plugins/credit_strip/cases/lines").glob("*.tsv"))}


@pytest.fixture(scope="module")
def spans(tmp_path_factory):
    """(language, number) → the spans as (kind, text)."""
    source = tmp_path_factory.mktemp("lines") / "lines.jsonl"
    articles = [
        {"id": f"{code} {n}", "title": title, "text": "\n\n".join(paragraphs)}
        for code, (title, rows) in FILES.items()
        for n, (_, paragraphs, _) in enumerate(rows)
    ]
    source.write_text("".join(json.dumps(a, ensure_ascii=False) + "\n" for a in articles), encoding="utf-8")
    command = [COPYDESK, "run", "--stages", "language_detect,credit_strip", str(source)]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stderr
    found = map(json.loads, run.stdout.splitlines())
    return {a["id"]: [(s["kind"], s["text"]) for s in a["enrichment"]["credits"]["spans"]] for a in found}


@pytest.mark.parametrize(
    ("key", "expected"),
    [pytest.param(f"{code} {n}", row[2], id=row[0]) for code, (_, rows) in FILES.items() for n, row in enumerate(rows)],
)
def test_line(key, expected, spans):
    assert spans[key] == expected
