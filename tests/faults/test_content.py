"""What a record may hold. Rows 74 to 77."""

import json
import pathlib

import pytest

from faults.harness import both
from integration import test_main_job, test_plugins_that_misbehave
from support.articles import Writer
from support.line import extra_plugin
from support.topics import Record

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "cases" / "json"


@pytest.mark.short
@both
def test_r74_json_corpus(line):
    """Every file of the corpus as a record: what must be refused is a dead letter that says where, the rest comes out."""
    line = line(partitions=1)
    names = {kind: sorted((CORPUS / kind).iterdir()) for kind in ("accept", "refuse")}
    records = line.produce([Record(file.read_bytes(), f"{kind}/{file.name}".encode())
                            for kind in names for file in names[kind]])
    line.start([], input={"max_depth": 64})
    line.settle()
    letters = line.letters()
    places = dict(entry.split("\t")[:2] for entry in (CORPUS / "refuse.index").read_text().splitlines())
    told = {letter.key.decode(): letter.header("copydesk-byte") for letter in letters}
    wrong = [key for key, place in told.items() if place not in (None, places[key.removeprefix("refuse/")])]
    assert not wrong, f"{len(wrong)} say another place, the first: {wrong[0]}"
    assert sum(place is None for place in told.values()) < 10, "a text that is missing stands nowhere; all else does somewhere"
    assert [letter.key.decode() for letter in letters] == [f"refuse/{file.name}" for file in names["refuse"]]
    assert {letter.header("copydesk-class") for letter in letters} == {"decode"}
    assert len(names["refuse"]) > 100 and len(line.outputs()) == len(names["accept"])
    assert {record.key for record in line.outputs()} | {letter.key for letter in letters} == {one.key for one in records}


@pytest.mark.short
def test_r74_bad_payloads(line):
    test_main_job.test_bad_payloads_are_dead_letters_that_say_why(line)


NASTY = ["line\nERROR forged", "back\rERROR forged", "\x1b[2J\x1b[31mred", "\u202eright to left", "nul\x00byte", "\u2028separator"]


@pytest.mark.short
def test_r75_log_injection(line):
    """Ids, keys, headers and plugins' own words: one line an event, nothing raw."""
    line = line(partitions=1)
    writer = Writer(75)
    records = line.produce([Record(writer.payload(60, id=nasty, source=nasty, text=f"misbehave:segv {nasty}"),
                                   nasty.encode(), [(nasty.replace("\x00", ""), nasty.encode())]) for nasty in NASTY])
    desk = line.start([extra_plugin("misbehave")], log={"level": "debug"})
    line.done(records)
    assert len(line.letters()) == len(NASTY)
    forged = [one for one in desk.log.split("\n") if one.startswith("ERROR forged")]
    assert not forged and not any(ord(letter) < 32 and letter != "\n" or letter in "\x7f\u202e\u2028" for letter in desk.log)


def test_r75_a_plugin_forges_lines(line):
    test_plugins_that_misbehave.test_a_plugin_cannot_write_lines_of_the_log(line)


@pytest.mark.short
@both
def test_r76_everything_that_a_record_can_be(line):
    test_main_job.test_everything_that_a_record_can_be(line)


@both
def test_r77_copies_in_one_batch(line):
    test_main_job.test_an_exact_copy_is_found_over_kafka(line)


@pytest.mark.short
@both
def test_r77_copies_are_dropped(line):
    """One is the original, wherever the batch ends; by policy the others are dropped, and the ledger counts them."""
    line = line(partitions=1)
    writer = Writer(77)
    texts = [writer.text(1500) for _ in range(40)]
    records = line.produce([Record(json.dumps({"id": f"{number}-{copy}", "text": text}).encode(), f"{number}-{copy}".encode())
                            for number, text in enumerate(texts) for copy in range(3)])
    line.start([{"plugin": "dedupe", "on_exact": "drop"}])
    line.done(records, dropped=[record for record in records if not record.key.endswith(b"-0")])
    assert line.last_stats()["desk0"]["total"]["dropped"] == 80
