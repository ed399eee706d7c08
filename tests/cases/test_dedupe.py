"""dedupe's golden cases (plugins/dedupe/cases): streams of articles through `copydesk run`, a new store for each."""

import json
import os
import pathlib
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPYDESK = pathlib.Path(os.environ.get("COPYDESK_BUILD", ROOT / "build")) / "copydesk"
JOINS = {"exact", "near", "contains", "contained"}


def load_cases():
    for path in sorted((ROOT / "plugins/dedupe/cases").glob("*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            yield pytest.param(case, id=f"{path.stem}: {case['name']}")


def text_of(article, paragraphs):
    if isinstance(article["text"], str):
        return article["text"]
    return "\n\n".join(paragraphs.get(item, item) for item in article["text"])


def run(case):
    """{id: the member `duplicate`} of the articles that came out."""
    paragraphs = case.get("paragraphs", {})
    lines = [json.dumps({**{k: a[k] for k in ("id", "source", "lang") if k in a}, "text": text_of(a, paragraphs)})
             for a in case["articles"]]
    command = [COPYDESK, "run", "--stages", "dedupe"]
    for name, value in case.get("options", {}).items():
        command += ["--set", f"dedupe.{name}={value}"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {out["id"]: out["enrichment"]["duplicate"] for out in map(json.loads, done.stdout.splitlines())}


def check(article, duplicate):
    expect, name = article["expect"], article["id"]
    assert list(duplicate) == ["relation", "cluster", "of", "jaccard", "containment"]
    relations = expect["relation"] if isinstance(expect["relation"], list) else [expect["relation"]]
    assert duplicate["relation"] in relations, (name, duplicate)
    assert duplicate["cluster"] == expect.get("cluster", name), (name, duplicate)
    if duplicate["relation"] in JOINS:
        assert duplicate["of"]["id"] == expect.get("of", expect["cluster"]), (name, duplicate)
    if duplicate["relation"] in ("none", "unknown"):
        assert (duplicate["of"], duplicate["jaccard"], duplicate["containment"]) == (None, None, None)
    else:
        assert 0 <= duplicate["jaccard"] <= duplicate["containment"] <= 1
        assert duplicate["of"]["id"] != name
    if "of" in expect:
        assert duplicate["of"]["id"] == expect["of"], (name, duplicate)


@pytest.mark.parametrize("case", list(load_cases()))
def test_case(case):
    out = run(case)
    for article in case["articles"]:
        if article["expect"] == "dropped":
            assert article["id"] not in out
        else:
            check(article, out[article["id"]])


def stream(count):
    """Articles of which each fifth repeats an earlier one with some words changed."""
    for i in range(count):
        source = i - i // 5 if i % 5 == 4 else i
        words = [f"w{(source * 7919 + j) * 2654435761 % 99991}" for j in range(120)]
        if source != i:
            words[::17] = [f"x{i}y{j}" for j in range(len(words[::17]))]
        yield {"id": f"n{i}", "text": " ".join(words)}


def run_stream(path, *arguments):
    command = [COPYDESK, "run", "--stages", "dedupe", *arguments, path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_many_workers_say_what_one_says(tmp_path):
    path = tmp_path / "stream.jsonl"
    path.write_text("".join(json.dumps(a) + "\n" for a in stream(2000)))
    one = run_stream(path, "--workers", "1")
    assert one.count('"relation":"near"') > 300
    assert run_stream(path, "--workers", "4") == one


def test_second_run_over_the_same_state_gives_the_same_bytes(tmp_path):
    path, state = tmp_path / "stream.jsonl", tmp_path / "state"
    path.write_text("".join(json.dumps(a) + "\n" for a in stream(1000)))
    first = run_stream(path, "--state", state)
    assert run_stream(path, "--state", state) == first


def ended(process, seconds):
    """Whether it ends within that time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def store_of(parent):
    """The process id of the store that this `copydesk run` started, or None."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            above = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError, ValueError):
            continue
        if above == parent and b"--store" in words:
            return int(folder.name)
    return None


def test_killed_store_changes_no_byte(tmp_path):
    path, out = tmp_path / "stream.jsonl", tmp_path / "out.jsonl"
    path.write_text("".join(json.dumps(a) + "\n" for a in stream(20000)))
    segments = ["--set", "dedupe.segment_records=700"]
    calm = run_stream(path, *segments)
    far = len(calm) // 20  # bytes, of a thousand records: what was in hand at the last kill is out, so that none is hit twice
    kills, next_kill = 0, 1
    with open(out, "wb") as sink:
        command = [COPYDESK, "run", "--stages", "dedupe", *segments, path]
        running = subprocess.Popen(command, stdout=sink, stderr=subprocess.PIPE, text=True)
        while not ended(running, 0.15):
            store = store_of(running.pid)
            if store is not None and kills < 6 and out.stat().st_size >= next_kill:
                os.kill(store, signal.SIGKILL)
                kills, next_kill = kills + 1, out.stat().st_size + far
        assert running.returncode == 0, running.stderr.read()
        running.stderr.close()
    assert kills > 0
    assert out.read_text() == calm
