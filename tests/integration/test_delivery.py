"""Nothing is lost, whoever dies; offsets are committed only behind what is settled; the ledger balances."""

import json
import os
import signal

import pytest

from support import process, wait
from support.articles import Writer
from support.desk import ASSIGNOR, ledger_balances
from support.line import extra_plugin
from support.topics import Record

SLOW = extra_plugin("slow", busy_us=1000)
SMALL = {"input": {"max_bytes": 4 << 20}, "desk": {"workers": 2, "memory": 16 << 20, "commit_interval": 200}}
LARGE = 20_000  # bytes of an article, so that only some 800 of them are in a SMALL desk at a time


def spread(writer, count, partitions, size=300):
    return [Record(writer.payload(size), f"{n}".encode(), partition=n % partitions) for n in range(count)]


def test_kill_9_of_the_desk_in_mid_stream_loses_nothing(line):
    """Five times in a row, each after some more has come out; what comes twice is the same bytes."""
    line = line(partitions=3)
    records = line.produce(spread(Writer(31), 4000, 3))
    desk = line.desk([SLOW], static=True, desk={"workers": 2, "commit_interval": 200})
    for kill in range(1, 6):
        desk.start()
        wait.until(lambda: line.topics.count(line.out) >= 500 * kill, 60, f"{500 * kill} records to come out")
        desk.kill()
    assert line.topics.lag(line.group, line.raw) > 0, "it was done before it was killed: the test shows nothing"
    desk.start()
    line.settle()
    line.verify(records, repeats=True)
    assert desk.stop() == 0


def test_committed_offsets_never_pass_what_is_settled(line):
    """All through a run with crashes, stops and kills, the committed offset is not above the outputs and dead letters."""
    line = line()
    writer = Writer(32)
    records = []
    for n in range(4000):
        text = {"text": "misbehave:segv"} if n % 300 == 150 else {}
        records.append(Record(writer.payload(LARGE, **text)))
    records = line.produce(records)
    desk = line.desk([SLOW, extra_plugin("misbehave")], static=True, **SMALL)

    def settled_below(offset):
        """Every record below the offset is out. Read after the offset: nothing may be committed before it is there."""
        there = {json.loads(record.value)["provenance"]["source"]["offset"] for record in line.outputs()}
        there |= {int(letter.header("copydesk-offset")) for letter in line.letters()}
        return not set(range(offset)) - there

    for end in ("stop", "kill", "kill"):
        desk.start()
        before = line.topics.committed(line.group, line.raw).get(0, 0)
        wait.until(lambda: line.topics.committed(line.group, line.raw).get(0, 0) > before, 30, "a commit")
        committed = line.topics.committed(line.group, line.raw)[0]
        getattr(desk, end)()
        assert settled_below(committed), f"{committed} was committed too early"
        assert settled_below(line.topics.committed(line.group, line.raw)[0]), "the last commit was too early"
    assert line.topics.lag(line.group, line.raw) > 0, "it was done before the last kill: the test shows less than it says"
    desk.start()
    line.settle()
    line.verify(records, repeats=True)


def test_a_worker_killed_from_outside_costs_nothing(line):
    """No dead letter and no repetition: the article was not to blame."""
    line = line(partitions=2)
    records = line.produce(spread(Writer(33), 3000, 2))
    desk = line.start([SLOW], desk={"workers": 2})
    for kill in range(1, 7):
        wait.until(lambda: line.topics.count(line.out) >= 300 * kill, 60, f"{300 * kill} records to come out")
        victim = wait.until(desk.workers, 20, "a worker to be there")[0]
        os.kill(victim, signal.SIGKILL)
        wait.until(lambda: not process.alive(victim), 20, "the worker to be gone")
    line.settle()
    line.verify(records)
    assert line.letters() == []
    assert desk.stop() == 0


def test_the_store_killed_from_outside_costs_nothing(line):
    """Its answers are durable before anything is published, so each article keeps its number."""
    line = line()
    writer = Writer(34)
    records = line.produce([Record(writer.payload(200)) for n in range(2000)])
    desk = line.start([extra_plugin("slow", busy_us=500), extra_plugin("sequence")])
    for kill in range(1, 4):
        wait.until(lambda: line.topics.count(line.out) >= 300 * kill, 60, f"{300 * kill} records to come out")
        victim = wait.until(desk.store, 20, "the store to be there")
        os.kill(victim, signal.SIGKILL)
        wait.until(lambda: not process.alive(victim), 20, "the store to be gone")
    line.settle()
    documents = line.verify(records)
    assert [document["enrichment"]["sequence"]["number"] for document in documents] == list(range(1, 2001))
    assert desk.stop() == 0


def test_an_article_that_comes_again_gets_the_stores_old_answer(line):
    line = line()
    writer = Writer(35)
    records = line.produce([Record(writer.payload(200)) for n in range(3000)])
    desk = line.desk([extra_plugin("slow", busy_us=500), extra_plugin("sequence")], static=True,
                     desk={"workers": 2, "commit_interval": 1000})
    for kill in range(1, 4):
        desk.start()
        wait.until(lambda: line.topics.count(line.out) >= 400 * kill, 60, f"{400 * kill} records to come out")
        desk.kill()
    desk.start()
    line.settle()
    documents = line.verify(records, repeats=True)  # a repetition with another answer would differ
    assert [document["enrichment"]["sequence"]["number"] for document in documents] == list(range(1, 3001))


def test_the_store_can_drop(line):
    line = line()
    writer = Writer(36)
    records = line.produce([Record(writer.payload(100, id=f"drop-{n}" if n % 5 == 3 else f"keep-{n}"))
                            for n in range(100)])
    line.start([extra_plugin("sequence")])
    line.settle()
    dropped = [record for n, record in enumerate(records) if n % 5 == 3]
    line.verify(records, dropped=dropped)


def test_sigterm_drains_commits_and_leaves(line):
    line = line(partitions=2)
    records = line.produce(spread(Writer(37), 3000, 2, LARGE))
    desk = line.start([SLOW], **SMALL)
    wait.until(lambda: line.topics.count(line.out) >= 200, 60, "some records to come out")
    assert desk.stop(timeout=30) == 0
    out, lag = len(line.outputs()), line.topics.lag(line.group, line.raw)  # by reading: end offsets count markers, too
    assert 0 < lag, "all was done before SIGTERM: the test shows nothing"
    assert lag == len(records) - out, "what came out is what was committed"
    assert len(line.outputs()) == out
    assert "STOPPING=1" in desk.notifications.said
    desk.start()
    line.settle()
    line.verify(records)  # no repetition: the stop was clean


def test_a_second_sigterm_ends_it_at_once(line):
    line = line()
    line.produce([Record(Writer(38).payload(100, text="misbehave:stop"))])
    desk = line.start([extra_plugin("misbehave")], worker={"article_cpu": 20_000}, desk={"drain_timeout": 60_000})
    wait.until(lambda: any(process.status(pid).get("State", "").startswith("T") for pid in desk.workers()), 20,
               "the article to be in hand")
    desk.signal(signal.SIGTERM)
    wait.until(lambda: "STOPPING=1" in desk.notifications.said, 10, "STOPPING=1")
    desk.signal(signal.SIGTERM)
    desk.wait(timeout=15)


def test_two_desks_of_one_group_share_the_partitions(line):
    line = line(partitions=4)
    writer = Writer(39)
    records = line.produce(spread(writer, 400, 4))
    first, second = line.start(name="first"), line.start(name="second")

    def shares():
        """How many partitions each desk says it has, by the last stats of each."""
        said = {record["name"]: sum(one["assigned"] for one in record["partitions"]) for record in line.stats()}
        return said if sorted(said.values()) == [2, 2] else None

    wait.until(shares, 60, "two partitions each")
    records += line.produce(spread(writer, 4000, 4))
    line.settle()
    line.verify(records, repeats=True)
    assert second.stop() == 0
    records += line.produce(spread(writer, 400, 4))
    line.settle()
    line.verify(records, repeats=True)
    assert first.stop() == 0


def test_the_assignor_is_one_that_is_sound(line):
    """Where the configuration names none, it follows the librdkafka that runs with the desk."""
    line = line()
    desk = line.start()
    version = tuple(map(int, desk.logged(r"copydeskd \S+, librdkafka (\d+)\.(\d+)\.(\d+)").groups()))
    wanted = ASSIGNOR or ("cooperative-sticky" if version >= (2, 10, 1) else "range")
    group = line.topics.admin.describe_consumer_groups([line.group])[line.group].result(30)
    assert group.partition_assignor == wanted, version
    assert desk.stop() == 0


def test_desks_that_come_and_go_lose_nothing(line):
    """A rebalance in mid-stream, six times; the last one by kill -9."""
    line = line(partitions=4)
    records = line.produce(spread(Writer(40), 6000, 4, LARGE))
    line.start([SLOW], name="stays", **SMALL)
    for name, end in (("a", "stop"), ("b", "stop"), ("c", "kill")):
        before = line.topics.count(line.out)
        other = line.start([SLOW], name=name, **SMALL)
        wait.until(lambda: line.topics.count(line.out) >= before + 300, 60, "it to go on")
        getattr(other, end)()
    assert line.topics.lag(line.group, line.raw) > 0, "it was done before the kill: the test shows less than it says"
    line.settle(120)
    line.verify(records, repeats=True)


def test_the_ledger_in_the_stats_balances(line):
    line = line(partitions=2)
    writer = Writer(41)
    deeds = {7: "drop", 11: "reject", 13: "segv"}
    records = []
    for n in range(1000):
        text = {"text": f"misbehave:{deeds[n % 250]}"} if n % 250 in deeds else {}
        records.append(Record(writer.payload(100, **text), deeds.get(n % 250, "").encode(), partition=n % 2))
    records = line.produce(records)
    desk = line.start([extra_plugin("misbehave")])
    line.settle()
    dropped = [record for record in records if record.key == b"drop"]
    line.verify(records, dropped=dropped)

    def complete():
        """Stats that were made after all was done."""
        last = (line.stats() or [{"partitions": []}])[-1]["partitions"]
        return sum(one["committed"] for one in last) == 1000

    wait.until(complete, 20, "stats that know all")
    assert desk.stop() == 0
    everything = line.stats()
    for stats in everything:
        ledger_balances(stats)
        assert stats["name"] == "desk0"
    last = next(stats for stats in reversed(everything) if stats["partitions"])
    total = {key: sum(one[key] for one in last["partitions"]) for key in
             ("read", "published", "dropped", "dead_lettered", "abandoned", "in_flight")}
    assert total == {"read": 1000, "published": 988, "dropped": 4, "dead_lettered": 8, "abandoned": 0, "in_flight": 0}
    assert [one["committed"] for one in sorted(last["partitions"], key=lambda one: one["partition"])] == [500, 500]
    (stage,) = last["stages"]
    assert stage["name"] == "misbehave" and stage["version"] == "6.6.6"


def test_the_stats_topic_may_be_missing(line):
    """Stats are news, not the job: without their topic the articles still go through."""
    line = line()
    records = line.produce(Writer(42).payloads(50))
    desk = line.start(stats={"topic": "this-topic-is-not-there"})
    line.settle()
    line.verify(records)
    assert desk.stop() == 0


def test_idle_and_then_busy_again(line):
    """READY without any record; then each one at once, not when some batch is full."""
    line = line()
    desk = line.start()
    records = []
    for n in range(5):
        records += line.produce([Writer(43 + n).payload()])
        wait.until(lambda: line.topics.count(line.out) == n + 1, 5, "the single record to come out")
    line.settle()
    line.verify(records)
    assert desk.stop() == 0


@pytest.mark.parametrize("child", ["worker", "store"])
def test_children_end_with_a_killed_desk(line, child):
    line = line()
    desk = line.start([extra_plugin("sequence")])
    pid = desk.store() if child == "store" else desk.workers()[0]
    assert process.alive(pid)
    os.kill(desk.pid, signal.SIGKILL)
    desk.wait()
    wait.until(lambda: not process.alive(pid), 10, f"the {child} to end with its desk")
