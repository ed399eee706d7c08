"""A stage that crashes, hangs, exits, floods or lies costs its one article: that goes to the dead letters and says why;
all others come out, in order, and the desk stays."""

import collections
import json
import signal

import pytest

from support import process, wait
from support.articles import Writer
from support.line import extra_plugin
from support.topics import Record

MISBEHAVE = extra_plugin("misbehave")


def with_deeds(deeds, around=40):
    """Records with one article for each deed, spread among `around` calm ones before and after each."""
    writer = Writer(21)
    records = [Record(writer.payload(120)) for _ in range(around)]
    for deed in deeds:
        payload = writer.payload(120, text=f"Words before misbehave:{deed} and words behind it.")
        records += [Record(payload, deed.encode()), *(Record(writer.payload(120)) for _ in range(around))]
    return records


def run(line, deeds, around=40, produce_again=True, **changes):
    """Runs the deeds through one desk; gives {deed: its dead letter}. All else must be out, in order, exactly once; and
    the desk still works and leaves with 0."""
    records = line.produce(with_deeds(deeds, around))
    desk = line.start([MISBEHAVE], **changes)
    line.settle(120)
    if produce_again:
        records += line.produce([Record(payload) for payload in Writer(22).payloads(10, 100)])
        line.settle()
    line.verify(records)
    assert desk.stop() == 0
    return {letter.key.decode(): letter for letter in line.letters()}, desk


ENDS = {"segv": "SIGSEGV", "abort": "SIGABRT", "overflow_stack": "SIGSEGV", "exit": None}


def test_the_end_of_a_worker_costs_one_article(line):
    letters, _ = run(line(), ENDS)
    assert set(letters) == set(ENDS)
    for deed, signal in ENDS.items():
        letter = letters[deed]
        assert letter.header("copydesk-class") == "crash", deed
        assert letter.header("copydesk-stage") == "misbehave", deed
        assert letter.header("copydesk-plugin-version") == "6.6.6", deed
        assert letter.header("copydesk-attempts") == "2", deed
        if signal:
            assert letter.header("copydesk-signal") == signal, deed


def test_a_crash_among_two_thousand(line):
    """Only the culprit is lost, wherever it stands, with several workers and several partitions."""
    line = line(partitions=3)
    writer = Writer(23)
    records = []
    for n in range(2000):
        crash = n in (0, 700, 701, 1999)
        text = {"text": "misbehave:segv"} if crash else {}
        records.append(Record(writer.payload(150, **text), b"crash" if crash else None, partition=n % 3))
    records = line.produce(records)
    line.start([MISBEHAVE], desk={"workers": 3})
    line.settle()
    line.verify(records)
    assert [letter.key for letter in line.letters()] == [b"crash"] * 4


def test_a_hang_ends_at_its_limit(line):
    letters, _ = run(line(), ["hang", "stop"], worker={"article_cpu": 200})
    assert set(letters) == {"hang", "stop"}
    for letter in letters.values():
        assert letter.header("copydesk-class") == "timeout"
        assert letter.header("copydesk-stage") == "misbehave"
        assert letter.header("copydesk-attempts") == "2"


def test_one_that_takes_too_much_memory(line):
    letters, _ = run(line(), ["eat_memory"], worker={"memory": 256 << 20})
    assert letters["eat_memory"].header("copydesk-class") == "crash"


LIES = {"flood": "too-large", "broken_json": "reject", "two_values": "reject", "broken_text": "reject",
        "unknown_verdict": "reject", "route_nowhere": "reject", "reject": "reject"}


def test_what_nobody_can_use_is_refused_with_a_reason(line):
    letters, desk = run(line(), LIES)
    assert set(letters) == set(LIES)
    for deed, letter in letters.items():
        assert letter.header("copydesk-class") in (LIES[deed], "reject"), deed
        assert letter.header("copydesk-stage") == "misbehave", deed
        assert letter.header("copydesk-attempts") == "1", deed
    assert letters["reject"].header("copydesk-reason") == "the plugin does not like it"
    assert "77" in letters["unknown_verdict"].header("copydesk-reason")
    assert "nobody configured this" in letters["route_nowhere"].header("copydesk-reason")


def test_dropped_and_routed(line):
    line = line()
    sports = line.topics.create("sports")
    records = line.produce(with_deeds(["drop", "route", "drop", "route"], 10))
    desk = line.start([MISBEHAVE, "language_detect"], output={"routes": ({"name": "sports", "topic": sports},)})
    line.settle()
    dropped = [record for record in records if record.key == b"drop"]
    routed = [record for record in records if record.key == b"route"]
    line.verify([record for record in records if record.key is None])
    arrived = line.topics.read(sports)
    assert [record.key for record in arrived] == [b"route"] * 2
    for record, source in zip(arrived, routed):
        document = json.loads(record.value)
        assert document["enrichment"] == {"misbehave": {"calm": False}}, "later stages do not run"
        assert document["provenance"]["source"]["offset"] == source.offset
    assert len(dropped) == 2 and line.letters() == []
    assert desk.stop() == 0


def test_retries_end_in_the_dead_letters(line):
    letters, _ = run(line(), ["retry"], retry={"attempts": 3, "backoff": 20, "backoff_max": 50})
    assert letters["retry"].header("copydesk-class") == "retries-exhausted"
    assert letters["retry"].header("copydesk-attempts") == "3"
    assert letters["retry"].header("copydesk-reason") == "come again"


def test_a_retry_that_succeeds(line):
    letters, _ = run(line(), ["retry_twice"], desk={"workers": 1},
                     retry={"attempts": 5, "backoff": 20, "backoff_max": 50})
    assert letters == {}


def test_a_retry_holds_only_its_partition(line):
    """While one partition waits for a long back-off, the other goes on to its end."""
    line = line(partitions=2)
    writer = Writer(24)
    held = line.produce([Record(writer.payload(100, text="misbehave:retry"), b"held", partition=0),
                         *(Record(writer.payload(100), partition=0) for _ in range(50))])
    free = line.produce([Record(writer.payload(100), partition=1) for _ in range(500)])
    desk = line.start([MISBEHAVE], retry={"attempts": 4, "backoff": 3000, "backoff_max": 3000})
    wait.until(lambda: line.topics.committed(line.group, line.raw).get(1) == 500, 8, "partition 1 to be done")
    assert line.topics.committed(line.group, line.raw).get(0, 0) == 0, "the retry is not settled"
    line.settle()
    line.verify(held + free)
    assert desk.stop() == 0


def test_an_instance_that_cannot_go_on_is_replaced(line):
    """FATAL hands the article to another worker; one that is fatal everywhere ends in the dead letters."""
    letters, _ = run(line(), ["fatal"])
    assert set(letters) == {"fatal"}
    assert letters["fatal"].header("copydesk-stage") == "misbehave"


def test_vandalism_stays_in_the_worker(line):
    """Closed descriptors, ignored signals and another folder harm the vandal's own article at most."""
    line = line()
    records = line.produce(with_deeds(["vandalise", "vandalise"]))
    desk = line.start([MISBEHAVE])
    line.settle()
    line.verify(records)
    assert {letter.key for letter in line.letters()} <= {b"vandalise"}
    assert desk.stop() == 0


def test_the_sandbox_holds(line):
    """A worker opens no file, no socket, no process; and does not reach the desk."""
    line = line()
    records = line.produce(with_deeds(["escape", "kill_parent"], 5))
    desk = line.start([MISBEHAVE])
    line.settle()
    documents = dict(zip([record.key for record in records], line.verify(records)))
    letters = {letter.key: letter for letter in line.letters()}
    if b"escape" in letters:
        assert letters[b"escape"].header("copydesk-class") == "crash"
    else:
        tried = documents[b"escape"]["enrichment"]["misbehave"]
        assert tried == {"write": 0, "read": 0, "socket": 0, "thread": 0, "fork": 0}
    assert letters[b"kill_parent"].header("copydesk-reason") != "killed the desk"
    assert desk.stop() == 0
    for pid in [desk.pid, *desk.children()]:
        assert not process.alive(pid)


def test_workers_are_confined(line):
    line = line()
    desk = line.start([MISBEHAVE])
    for pid in desk.workers():
        status = process.status(pid)
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2"


def test_a_plugin_cannot_write_lines_of_the_log(line):
    letters, desk = run(line(), ["inject_log"], 5)
    assert letters == {}
    assert "\nERROR forged" not in desk.log and "\x1b" not in desk.log
    assert desk.logged("a line.*ERROR forged.*and more|a line.*forged")


def test_a_plugin_cannot_flood_the_log(line):
    letters, desk = run(line(), ["flood_log"], 5)
    assert letters == {}
    assert desk.log.count("the same thing again and again") < 2000


@pytest.mark.parametrize("workers", [1, 2])
def test_a_crash_at_every_article_keeps_the_desk(line, workers):
    line = line()
    writer = Writer(25)
    records = line.produce([Record(writer.payload(100, text="misbehave:segv")) for _ in range(12)])
    desk = line.start([MISBEHAVE], desk={"workers": workers})
    line.settle(120)
    line.verify(records)
    counted = collections.Counter(letter.header("copydesk-class") for letter in line.letters())
    assert counted == {"crash": 12}
    assert desk.running() and desk.stop() == 0


def test_scribbling_over_the_shared_memory_publishes_nothing(line):
    """The article that its plugin overwrote is a dead letter, never garbage in the output; all others are as they should be."""
    line = line(partitions=1)
    writer = Writer(27)
    texts = [{"text": "Words before fault:scribble and behind it."} if n in (40, 80, 120) else {} for n in range(160)]
    records = line.produce([Record(writer.payload(120, **text)) for text in texts])
    desk = line.start([extra_plugin("faulty")])
    line.settle(60)
    line.verify(records)
    letters = line.letters()
    assert len(letters) == 3 and all(b"fault:scribble" in letter.value for letter in letters)
    assert {letter.header("copydesk-class") for letter in letters} == {"crash"}
    assert desk.stop() == 0


def test_the_breaker_and_a_reload_that_mends_it(line):
    """A stage that crashes at every article: the dead letters end at the limit, the status says why; with the plugin taken out, all that
    waited comes out."""
    line = line(partitions=1)
    records = line.produce([Record(Writer(26).payload(100, text="misbehave:segv")) for _ in range(100)])
    desk = line.start([MISBEHAVE], breaker={"dead_letters": 10, "backoff": 600_000, "backoff_max": 600_000})
    wait.until(lambda: "breaker: stage misbehave crashes again and again" in desk.notifications.status(), 60, "the breaker")
    desk.file.write_text(desk.file.read_text().replace("misbehave.so", "slow.so"))
    desk.signal(signal.SIGHUP)
    line.settle(60)
    line.verify(records)
    assert 10 <= len(line.letters()) <= 10 + len(desk.workers())
    wait.until(lambda: desk.notifications.status() == "ok", 30, "the end of the alarm")
    assert desk.stop() == 0
