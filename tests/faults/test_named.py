"""The named tests: mistakes that peers made, and figures that are promised."""

import os
import random
import re
import signal
import statistics
import time

import pytest

from faults.harness import both, spread
from support import verify, wait
from support.articles import Writer
from support.line import extra_plugin
from support.topics import Record

ALL_STAGES = ["language_detect", "credit_strip", "dedupe", "quote_extract"]
ARTICLES = int(os.environ.get("COPYDESK_FAULT_ARTICLES", "100000"))


@pytest.mark.short
@both
def test_named_n_fails_n_plus_1_succeeds_restart_n_comes_back(line):
    """N cannot be published yet (its stage says: later), all behind it in the partition is done; the desk is killed, and N
    is read again, with those behind it, in order."""
    line = line(partitions=1)
    records = line.produce([*spread(1, 1, text="misbehave:retry"), *spread(50, 1, seed=2)])
    stubborn = {"retry": {"attempts": 100, "backoff": 60_000, "backoff_max": 60_000}}
    desk = line.desk([extra_plugin("misbehave")], static=True, **stubborn)
    desk.start()

    def done_behind_it():
        last = line.last_stats().get("desk0")
        return last and last["total"]["in_flight"] == 51 and last["stages"][0]["ok"] == 50

    wait.until(done_behind_it, 30, "all but N to be through their stages")
    assert line.topics.committed(line.group, line.raw) == {} and line.count() == 0
    desk.kill()
    assert line.topics.committed(line.group, line.raw) == {}, "N was committed though it had failed"
    desk.file.write_text(desk.file.read_text().replace("misbehave.so", "slow.so"))  # now N succeeds, too
    desk.start()
    line.done(records)
    assert [record.key for record in line.outputs()][:2] == [records[0].key, records[1].key]


def run_through(line, records, desk):
    """Seconds from the first output to the last."""
    line.came_out(1, 60)
    begin = time.monotonic()
    wait.until(lambda: line.topics.lag(line.group, line.raw) == 0, 250, "all to be settled", interval=0.2)
    return time.monotonic() - begin


def poisoned(count, every, seed):
    """Articles of some 2 kB; with `every` 100, one in a hundred is poison: it kills its worker, or is refused."""
    writer = Writer(seed)
    calm = [writer.text(1800).replace("\n", "\\n").replace('"', "'").encode() for _ in range(500)]
    rng, deeds = random.Random(seed), [b"segv", b"abort", b"exit", b"reject"]
    records = []
    for number in range(count):
        deed = b" misbehave:" + rng.choice(deeds) if every and number % every == every // 2 else b""
        payload = b'{"id": "%d", "text": "Item %d. %s%s"}' % (number, number, calm[number % 500], deed)
        records.append(Record(payload, partition=number % 4))
    return records


PLACE = re.compile(rb'"source": ?{"topic": ?"([^"]+)", ?"partition": ?(\d+), ?"offset": ?(\d+)')


def place_in(record):
    topic, partition, offset = PLACE.search(record.value, record.value.rindex(b'"provenance"')).groups()
    return topic.decode(), int(partition), int(offset)


def all_there(records, outputs, letters):
    """Set, number and order of all of them; every hundredth as a whole. The desk was not killed: each came once."""
    places = {id(record): place_in(record) for record in outputs}
    dead = [verify.place_of_dead_letter(letter) for letter in letters]
    assert {*places.values(), *dead} == {record.place for record in records}
    assert len(outputs) + len(letters) == len(records), "some came more than once"
    assert not set(places.values()) & set(dead)
    verify.check_order(outputs, places)
    sources = {record.place: record for record in records}
    for record in outputs[::100]:
        verify.check_output(record, sources[places[id(record)]])
    for letter, place in zip(letters, dead):
        verify.check_dead_letter(letter, sources[place])


@pytest.mark.parametrize("delivery", ["at-least-once"])
def test_named_poison(line):
    """1,000 in 100,000, three of four kill their worker twice: as many dead letters, all others out, and at least half as fast
    as without. The stages are all that we have."""
    seconds = []
    made = line
    for every in (0, 100):
        line = made(partitions=4)
        records = line.produce(poisoned(ARTICLES, every, 7), **{"linger.ms": 50, "queue.buffering.max.messages": 1_000_000})
        desk = line.start([*ALL_STAGES, extra_plugin("misbehave")], name=f"every{every}")
        seconds.append(run_through(line, records, desk))
        letters = line.letters()
        assert len(letters) == (ARTICLES // 100 if every else 0)
        all_there(records, line.outputs(), letters)
        assert desk.stop() == 0
    share = seconds[0] / seconds[1]
    print(f"{ARTICLES} articles: {seconds[0]:.1f} s without poison, {seconds[1]:.1f} s with it: {100 * share:.0f} %")
    assert share >= 0.5, f"{seconds[0]:.1f} s without poison, {seconds[1]:.1f} s with it"


def test_named_replacement(line):
    """From a worker's death to the first article that its replacement has taken: at most 10 ms, median of 40."""
    line = line(partitions=1)
    line.produce(spread(20_000, 1, size=100))
    desk = line.start([extra_plugin("faulty", nap_us=3000)], desk={"workers": 1})
    line.came_out(50)
    spans = []
    for _ in range(40):
        (victim,) = wait.until(lambda: desk.workers() if len(desk.workers()) == 1 else None, 10, "one worker")
        os.kill(victim, signal.SIGKILL)
        begin = time.monotonic()
        spans.append((first_article_of_another(desk, victim) - begin) * 1000)
    print("ms: " + " ".join(f"{span:.1f}" for span in sorted(spans)))
    assert statistics.median(spans) <= 10, f"median {statistics.median(spans):.1f} ms"
    desk.kill()


def first_article_of_another(desk, victim):
    """The moment when a new worker sleeps in its article: the plugin's nap is a call that /proc shows."""
    NANOSLEEP = ("35 ", "230 ")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for pid in children_now(desk.pid):
            if pid != victim:
                try:
                    with open(f"/proc/{pid}/syscall") as file:
                        if file.read().startswith(NANOSLEEP):
                            return time.monotonic()
                except OSError:
                    pass
    raise wait.Timeout("no replacement took an article within 10 s")


def children_now(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(one) for one in file.read().split()]
    except OSError:
        return []
