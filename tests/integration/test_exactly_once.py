"""delivery = "exactly-once": whoever reads what is committed sees every article once, in order, whatever dies."""

import json
import signal
import time

import pytest

from support import wait
from support.articles import Writer
from support.desk import ledger_balances
from support.line import extra_plugin
from support.topics import Record

SLOW = extra_plugin("slow", busy_us=1000)
EXACTLY = {"delivery": "exactly-once", "desk": {"workers": 2, "commit_interval": 200},
           "kafka": {"producer": ["transaction.timeout.ms=10000"]}}


def spread(seed, count, partitions, size=300, **members):
    writer = Writer(seed)
    return [Record(writer.payload(size, **members), f"{n}".encode(), partition=n % partitions) for n in range(count)]


def test_every_article_comes_out_once_with_its_offset(line):
    line = line(partitions=3)
    records = line.produce(spread(61, 3000, 3))
    desk = line.start(["language_detect"], **EXACTLY)
    line.settle()
    line.verify(records)
    def told():
        latest = line.stats()[-1:]
        return latest and sum(one["published"] for one in latest[0]["partitions"]) == len(records) and latest[0]
    ledger_balances(wait.until(told, 10, "the ledger to tell of all"))
    assert desk.stop() == 0


def test_kill_9_of_the_desk_doubles_nothing(line):
    """Three times in mid-stream; the next start ends what the dead one left open."""
    line = line(partitions=3)
    records = line.produce(spread(62, 4000, 3))
    desk = line.desk([SLOW], static=True, **EXACTLY)
    for kill in range(1, 4):
        desk.start()
        wait.until(lambda: len(line.outputs()) >= 500 * kill, 60, f"{500 * kill} records to come out")
        desk.kill()
    assert line.topics.lag(line.group, line.raw) > 0, "it was done before it was killed: the test shows nothing"
    desk.start()
    line.settle()
    line.verify(records)
    assert desk.stop() == 0


def test_dead_letters_and_drops_are_in_the_transaction(line):
    """A crash, a refusal and what the stage drops: offsets follow them, and the next article is not doubled."""
    line = line(partitions=2)
    writer = Writer(63)
    deeds = {7: "misbehave:segv", 11: "misbehave:reject", 13: "misbehave:drop"}
    records, dropped = [], []
    for n in range(400):
        deed = deeds.get(n % 50)
        record = Record(writer.payload(300, **({"text": deed} if deed else {})), f"{n}".encode(), partition=n % 2)
        records.append(record)
        if deed and deed.endswith("drop"):
            dropped.append(record)
    records = line.produce(records)
    desk = line.start([extra_plugin("misbehave")], static=True, **EXACTLY)
    line.settle()
    line.verify(records, dropped=dropped)
    assert desk.stop() == 0


def test_what_the_topic_refuses_is_a_dead_letter_and_the_others_come_out_once(line, topics):
    """The broker's refusal aborts the transaction; all others of it are published again."""
    line = line(partitions=2)
    line.out = topics.create("out", 2, max_message_bytes=20_000)
    writer = Writer(64)
    records = [Record(writer.payload(60_000 if n % 100 == 50 else 300), f"{n}".encode(), partition=n % 2) for n in range(600)]
    records = line.produce(records)
    desk = line.start(["language_detect"], **EXACTLY)
    line.settle()
    letters = line.letters()
    assert len(letters) == 6 and {letter.header("copydesk-class") for letter in letters} == {"too-large"}
    line.verify(records)
    assert desk.stop() == 0


def test_desks_that_come_and_go_double_nothing(line):
    line = line(partitions=4)
    records = line.produce(spread(65, 6000, 4))
    first = line.start([SLOW], name="first", **EXACTLY)
    wait.until(lambda: len(line.outputs()) >= 500, 60, "the first to publish")
    second = line.start([SLOW], name="second", **EXACTLY)
    wait.until(lambda: len(line.outputs()) >= 2500, 60, "both to publish")
    assert first.stop() == 0
    wait.until(lambda: len(line.outputs()) >= 4000, 60, "the second to publish")
    line.start([SLOW], name="third", **EXACTLY)
    line.settle()
    line.verify(records)
    assert second.stop() == 0


def test_a_second_instance_with_the_same_id_fences_the_first(line):
    """The older one ends with status 75, and does not fight."""
    line = line(partitions=2)
    line.produce(spread(66, 3000, 2))
    same = {**EXACTLY, "transactional_id": "the-same"}
    first = line.start([SLOW], name="first", **same)
    wait.until(lambda: len(line.outputs()) >= 200, 60, "the first to publish")
    second = line.start([SLOW], name="second", **same)
    assert first.process.wait(60) == 75
    first.process = None
    line.settle()
    assert second.stop() == 0
    outputs = [json.loads(record.value)["provenance"]["source"] for record in line.outputs()]
    places = [(one["partition"], one["offset"]) for one in outputs]
    assert len(places) == len(set(places)) == 3000


@pytest.mark.parametrize("seconds", [12])
def test_brokers_that_are_away_for_longer_than_a_transaction_lives(line, topics, seconds):
    """The coordinator ends the open transaction by itself; the desk finds out, makes a new producer, and goes on."""
    line = line(partitions=2)
    records = line.produce(spread(67, 6000, 2))
    desk = line.start([SLOW], **EXACTLY)
    wait.until(lambda: len(line.outputs()) >= 500, 60, "it to publish")
    broker = topics.cluster.nodes[0].process
    broker.send_signal(signal.SIGSTOP)
    try:
        frozen = time.monotonic()
        wait.until(lambda: time.monotonic() - frozen >= seconds, seconds + 5, "the transaction to be too old", interval=0.5)
    finally:
        broker.send_signal(signal.SIGCONT)
    line.settle(120)
    line.verify(records)
    assert desk.stop() == 0
