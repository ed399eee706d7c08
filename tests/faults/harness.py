"""What the fault tests share: a Line that knows its delivery mode and checks the books at its end, faults in words, and
conditions to wait for."""

import array
import functools
import json
import mmap
import signal
import subprocess
import tempfile
import time

import pytest

from support import config, process, wait
from support.articles import Writer
from support.desk import BUILD, check, ledger_balances
from support.line import Line, extra_plugin
from support.topics import Record
from support.watcher import Watcher

AT_LEAST_ONCE, EXACTLY_ONCE = "at-least-once", "exactly-once"
PRELOAD = BUILD / "tests" / "faults" / "faults.so"
STEADY = extra_plugin("faulty", nap_us=2000)  # some 500 articles a second and worker, without using the processor


@functools.cache
def accepts(delivery):
    """Whether this build knows the delivery mode: the configuration's own check says so."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(config.members({
            "name": "x", "delivery": delivery, "input": {"topics": ["a"]}, "output": {"topic": "b"},
            "dead_letters": {"topic": "c"}, "kafka": {"common": ["bootstrap.servers=127.0.0.1:1"]}, "state_dir": "/tmp"}))
        file.flush()
        return check(file.name)[0] == 0


MODES = [AT_LEAST_ONCE] + ([EXACTLY_ONCE] if accepts(EXACTLY_ONCE) else [])
both = pytest.mark.parametrize("delivery", MODES)


def both_short_in(quick):
    """As `both`, and `short` in one of the modes."""
    return pytest.mark.parametrize(
        "delivery", [pytest.param(mode, marks=pytest.mark.short if mode == quick else ()) for mode in MODES])


transactions = pytest.mark.parametrize("delivery", [EXACTLY_ONCE])  # where there is nothing to see without one


def spread(count, partitions=2, size=300, seed=1, **members):
    writer = Writer(seed)
    return [Record(writer.payload(size, **members), f"{n}".encode(), partition=n % partitions) for n in range(count)]


class FaultLine(Line):
    """A Line that may lead through the proxies, and that closes its books: done() after the faults, audit() at the end of
    the test, whatever it did."""

    def __init__(self, topics, folder, delivery, *arguments, proxied=False, watch=False, **settings):
        super().__init__(topics, folder, *arguments, **settings)
        self.delivery, self.proxied = delivery, proxied
        self.watcher = Watcher(topics, self.out) if watch else None
        self.starts = 0

    @property
    def repeats(self):
        return self.delivery != EXACTLY_ONCE

    def settings(self, stages=(), name="desk", **changes):
        base = {"delivery": self.delivery, "kafka": {}}
        if not self.repeats:  # what a dead one left open holds up those who read what is committed
            base["kafka"]["producer"] = ["transaction.timeout.ms=10000"]
        if self.proxied:
            base["kafka"]["common"] = [f"bootstrap.servers={self.topics.cluster.proxied_address}", "reconnect.backoff.max.ms=1000"]
        return super().settings(stages, name, **config.merged(base, changes))

    def count(self):
        """How many came out: with transactions those of them that are committed. (Offsets count markers and what was aborted.)"""
        if self.repeats:
            return self.topics.count(self.out)
        return len(self.watcher.seen) if self.watcher else len(self.outputs())

    def came_out(self, count, timeout=60):
        wait.until(lambda: self.count() >= count, timeout, f"{count} records to come out", interval=0.1)

    def came_out_everywhere(self, count):
        """So many, and some in each output partition: with the first ones on their way a leader's end may cost the order
        (docs/delivery.md)."""
        self.came_out(count)
        wait.until(lambda: min(self.topics.end_offsets(self.out).values()) > 0, 60, "all output partitions to have some")

    def done(self, records, dropped=(), repeats=None, timeout=120, **rules):
        """Everything is out, the books say the same, and the daemons leave with status 0."""
        self.settle(timeout)
        outputs, letters = self.outputs(), self.letters()
        documents = self.verify(records, dropped, self.repeats if repeats is None else repeats, **rules)
        if self.watcher:
            self.watcher.check(outputs)
        self.books(len(outputs), len(letters))
        for desk in self.desks:
            if desk.running():
                assert desk.stop() == 0, f"{desk.file.parent.name} ended with another status than 0:\n{desk.log[-2000:]}"
        return documents

    def done_so_far(self, records):
        """Everything is out, and the desk goes on."""
        self.settle()
        return self.verify(records, repeats=self.repeats)

    def last_stats(self):
        """{name: the last record}"""
        return {record["name"]: record for record in self.stats()}

    def books(self, outputs, letters):
        """With one process that was there from the first record to the last, its counts are those of the topics."""
        running = [desk for desk in self.desks if desk.running()]
        if len(self.desks) != 1 or len(running) != 1 or running[0].starts != 1:
            return

        def calm():
            last = list(self.last_stats().values())
            total = last[0]["total"] if last else None
            return total if total and total["in_flight"] == 0 and known(total) >= outputs + letters else None

        def known(total):
            """What was given up when a partition was lost may have been delivered all the same."""
            return total["published"] + total["dead_lettered"] + total["abandoned"]

        total = wait.until(calm, 30, "stats that know all", interval=0.1)
        assert total["published"] <= outputs and total["dead_lettered"] <= letters, total
        assert total["abandoned"] or total["published"] + total["dead_lettered"] == outputs + letters, total

    def audit(self):
        """The ledger of every stats record that there is, and no alarm but of the breaker."""
        for record in self.stats():
            ledger_balances(record)
            assert all(one["gap"] == 0 for one in record["partitions"])
        for desk in self.desks:
            alarm = desk.logged("ALARM(?!: breaker).*")
            assert not alarm, f"{desk.file.parent.name}: {alarm[0]}"

    def clean_up(self, show):
        if self.watcher:
            self.watcher.stop()
        super().clean_up(show)


# ---- faults in words -------------------------------------------------------------------------------------------------

def back(node, timeout=60):
    """Starts a node again, and waits until it says that it is there."""
    before = node.log.read_text(errors="replace").count("Kafka Server started")
    node.start()
    wait.until(lambda: node.started() > before, timeout, f"node {node.number} to be back", interval=0.1)


def leader_of(topics, topic, partition=0):
    """The node that leads a partition."""
    number = wait.until(lambda: topics.admin.list_topics(topic, timeout=10).topics[topic].partitions[partition].leader, 30,
                        f"a leader of {topic}/{partition}")
    return next(node for node in topics.cluster.nodes if node.number == number)


def java_hash(text):
    value = 0
    for letter in text:
        value = (31 * value + ord(letter)) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def coordinator_partition(name, partitions=4):
    """The partition of __consumer_offsets or __transaction_state that has this group or transactional id."""
    return abs(java_hash(name)) % partitions


def all_in_sync(topics):
    """Every partition of every topic has its leader and all of its copies."""
    metadata = topics.admin.list_topics(timeout=10)
    return len(metadata.brokers) == topics.cluster.size and all(
        partition.leader >= 0 and len(partition.isrs) == len(partition.replicas)
        for topic in metadata.topics.values() for partition in topic.partitions.values())


def degraded(desk):
    return "degraded" in desk.notifications.status()


def cpu_share(pid, seconds):
    """How much of one processor the process uses while `seconds` pass."""
    begin, used = time.monotonic(), process.cpu_seconds(pid)
    wait.stays(lambda: process.alive(pid), seconds, "the process runs")
    return (process.cpu_seconds(pid) - used) / (time.monotonic() - begin)


def freeze(desk):
    desk.signal(signal.SIGSTOP)
    wait.until(lambda: process.status(desk.pid).get("State", "").startswith("T"), 10, "the desk to stand still")


class Words:
    """The page by which a test tells preload/faults.c what shall fail."""

    NAMES = ("clock_seconds", "resolver_fails", "threads_fail", "spawn_fails", "malloc_left", "malloc_failed", "sending_hangs")

    def __init__(self, folder):
        self.file = folder / "faults"
        self.file.write_bytes(bytes(4096))
        with self.file.open("r+b") as file:
            self.page = mmap.mmap(file.fileno(), 4096)
        self.environment = {"LD_PRELOAD": str(PRELOAD), "COPYDESK_FAULTS": str(self.file)}

    def __getitem__(self, name):
        at = 8 * self.NAMES.index(name)
        return array.array("q", self.page[at:at + 8])[0]

    def __setitem__(self, name, value):
        at = 8 * self.NAMES.index(name)
        self.page[at:at + 8] = array.array("q", [value]).tobytes()


def kafka_tool(cluster, tool, *arguments):
    """One of Kafka's own command line tools, which are in its jars."""
    done = subprocess.run(cluster.nodes[0].java(192, tool, *arguments), capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    return done.stdout


def place_of(record):
    source = json.loads(record.value)["provenance"]["source"]
    return source["topic"], source["partition"], source["offset"]
