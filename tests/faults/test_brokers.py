"""Brokers die, freeze, move and fill up: the cluster's own faults. Rows 1 to 8, 18, 19, 24, 26."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from confluent_kafka import ElectionType, TopicCollection, TopicPartition

from faults.harness import (AT_LEAST_ONCE, EXACTLY_ONCE, STEADY, Words, all_in_sync, back, both, both_short_in, coordinator_partition,
                            cpu_share, degraded, kafka_tool, leader_of, spread, transactions)
from support import process, wait

OUTAGE = int(os.environ.get("COPYDESK_FAULT_OUTAGE", "300"))  # seconds of row 4


@both_short_in(EXACTLY_ONCE)
def test_r01_leader_change(line, healthy):
    line = line(partitions=2, watch=True)
    records = line.produce(spread(3000))
    line.start([STEADY])
    line.came_out_everywhere(500)
    node = leader_of(line.topics, line.out)
    node.stop(signal.SIGTERM)
    assert leader_of(line.topics, line.out) is not node
    line.came_out(2000)
    back(node)
    line.done(records)


@both
def test_r01_preferred_leader_election(line, healthy):
    """A leader change without any broker's end: nothing at all may come twice."""
    line = line(partitions=2, watch=True)
    node = leader_of(line.topics, line.out)
    node.stop(signal.SIGTERM)
    back(node)
    wait.until(lambda: all_in_sync(line.topics), 60, "all copies to be in sync", interval=0.2)
    records = line.produce(spread(3000))
    line.start([STEADY])
    line.came_out(500)
    places = [TopicPartition(topic, number) for topic in (line.raw, line.out) for number in (0, 1)]
    line.topics.admin.elect_leaders(ElectionType.PREFERRED, places).result(30)
    line.done(records, repeats=False)


@both
def test_r02_broker_killed(line, healthy):
    line = line(partitions=2, watch=True)
    records = line.produce(spread(3000))
    line.start([STEADY])
    line.came_out_everywhere(500)
    node = leader_of(line.topics, line.out)
    node.stop(signal.SIGKILL)
    line.came_out(1500)
    back(node)
    line.done(records)


@both
def test_r03_broker_frozen(line, healthy):
    line = line(partitions=2, watch=True)
    records = line.produce(spread(4000))
    desk = line.start([STEADY])
    line.came_out_everywhere(500)
    node = leader_of(line.topics, line.out)
    node.process.send_signal(signal.SIGSTOP)
    wait.stays(desk.running, 30, "the desk runs", interval=0.5)
    node.process.send_signal(signal.SIGCONT)
    line.done(records)
    assert not desk.logged("fatal:")


def test_r04_all_brokers_down(line, healthy):
    """Five minutes. The desk stays ready, says what is wrong, uses no more memory and hardly any time, and resumes."""
    line = line(partitions=2)
    records = line.produce(spread(3000))
    desk = line.start([STEADY])
    line.came_out(500)
    nodes = list(healthy.nodes)
    for node in nodes:
        node.stop(signal.SIGKILL)
    wait.until(lambda: degraded(desk), 60, "the status to say that it is degraded")
    before = process.memory(desk.pid)["anonymous"]
    assert cpu_share(desk.pid, OUTAGE) < 0.1
    assert process.memory(desk.pid)["anonymous"] < before + (8 << 20)
    assert degraded(desk) and "STOPPING=1" not in desk.notifications.said
    for node in nodes:
        back(node)
    line.settle(120)
    wait.until(lambda: not degraded(desk), 30, "the status to be well again")
    line.done(records, repeats=True)


@both
def test_r05_too_few_in_sync(line, healthy):
    """Two of three brokers are away: what is left refuses (NOT_ENOUGH_REPLICAS). Nothing is committed, nothing given up."""
    line = line(partitions=2, watch=True)
    records = line.produce(spread(3000))
    desk = line.start([STEADY])
    line.came_out(500)
    nodes = healthy.nodes[1:]
    for node in nodes:
        node.stop(signal.SIGKILL)

    def alone():
        partitions = line.topics.admin.list_topics(line.out, timeout=10).topics[line.out].partitions.values()
        return all(len(partition.isrs) == 1 for partition in partitions)

    wait.until(alone, 30, "one copy to be left")
    with pytest.raises(AssertionError):  # what a producer is told that asks for all copies
        line.topics.produce(line.out, [b"x"], **{"message.timeout.ms": 4000})
    wait.stays(lambda: desk.running() and alone(), 8, "it waits", interval=0.5)
    for node in nodes:
        back(node)
    line.done(records)


@both
def test_r05_too_few_in_sync_is_told(line, healthy):
    """librdkafka tries again without a word; the desk says that nothing is confirmed."""
    line = line(partitions=2)
    line.produce(spread(3000))
    desk = line.start([STEADY], kafka={"producer": ["transaction.timeout.ms=60000"] if not line.repeats else []})
    line.came_out(500)
    for node in healthy.nodes[1:]:
        node.stop(signal.SIGKILL)
    told = ("confirm nothing", "take no offsets")  # the latter where the coordinators' own logs have too few copies, too
    wait.until(lambda: any(one in desk.notifications.status() for one in told), 40, "the status to say that nothing is confirmed")


@transactions
def test_r06_transaction_coordinator_moves(line, healthy):
    """Each broker in turn is killed in mid-stream, so the one that coordinates the transactions is, whoever it is then."""
    line = line(partitions=2, watch=True)
    records = line.produce(spread(6000))
    line.start([STEADY])
    for number, node in enumerate(healthy.nodes, 1):
        line.came_out(1000 * number)
        node.stop(signal.SIGKILL)
        line.came_out(1000 * number + 700)
        back(node)
        wait.until(lambda: all_in_sync(line.topics), 60, "all copies to be in sync", interval=0.2)
    line.done(records)


@both_short_in(AT_LEAST_ONCE)
def test_r07_group_coordinator_moves(line, healthy):
    line = line(partitions=2, watch=True)
    records = line.produce(spread(3000))
    line.start([STEADY])
    line.came_out(500)
    node = leader_of(line.topics, "__consumer_offsets", coordinator_partition(line.group))
    node.stop(signal.SIGKILL)
    line.came_out(1500)
    back(node)
    line.done(records)


@pytest.mark.short
@transactions
def test_r07_a_call_that_does_not_come_back(line, folder):
    """What the moving coordinator may do to librdkafka 2.10 and later, for certain: the call that sends the offsets waits on. The desk says
    so, takes a new producer and goes on; the old one ends when its call comes back after all, and harms nothing."""
    words = Words(folder)
    line = line(partitions=2, watch=True)
    records = line.produce(spread(3000))
    desk = line.start([STEADY], environment=words.environment)
    line.came_out(500)
    words["sending_hangs"] = 1
    wait.until(lambda: "take no offsets" in desk.notifications.status(), 30, "the status to say that the offsets do not arrive")
    assert words["sending_hangs"] == 2
    line.came_out(1500)
    threads = int(process.status(desk.pid)["Threads"])
    words["sending_hangs"] = 0
    wait.until(lambda: int(process.status(desk.pid)["Threads"]) <= threads - 3, 30, "the old producer to end")
    line.done(records)
    assert len(re.findall("a new producer takes over", desk.log)) == 1


@transactions
def test_r07_a_call_that_never_comes_back_and_an_end(line, folder):
    words = Words(folder)
    line = line(partitions=2, watch=True)
    records = line.produce(spread(1500))
    desk = line.start([STEADY], environment=words.environment)
    line.came_out(500)
    words["sending_hangs"] = 1
    wait.until(lambda: words["sending_hangs"] == 2, 30, "a call to hang")
    assert desk.stop() == 0
    assert desk.logged("a new producer takes over")
    desk.start()
    line.done(records)


@transactions
def test_r07_calls_that_all_do_not_come_back(line, folder):
    """Producers are not left behind without end: at the fifth the desk ends, and a new start goes on."""
    words = Words(folder)
    line = line(partitions=2, watch=True)
    records = line.produce(spread(1500))
    desk = line.start([STEADY], environment=words.environment)
    line.came_out(500)
    words["sending_hangs"] = 3
    assert desk.wait(150) == 75
    assert len(re.findall("a new producer takes over", desk.log)) == 4 and desk.logged("fatal: .*5 calls .* have not come back")
    words["sending_hangs"] = 0
    desk.start()
    line.done(records)


@both
def test_r08_controller_down(line, healthy):
    line = line(partitions=2, watch=True)
    records = line.produce(spread(1500))
    line.start([STEADY])
    line.came_out(300)
    healthy.controller.stop(signal.SIGKILL)
    records += line.produce(spread(1500, seed=2), **{"enable.idempotence": False})  # an id of a producer comes from it
    line.settle()
    back(healthy.controller)
    line.done(records, repeats=False)


def test_r18_quota_throttle(line, healthy):
    """A producer that the brokers slow down to 100 kB/s: slower, and memory within the budget; then fast again."""
    line = line(partitions=2)
    records = line.produce(spread(6000, size=2000))

    def quota(*change):
        kafka_tool(healthy, "kafka.admin.ConfigCommand", "--bootstrap-server", healthy.address, "--alter",
                   "--entity-type", "clients", "--entity-name", "slowed", *change)

    quota("--add-config", "producer_byte_rate=100000")
    desk = line.start([], name="slowed", desk={"workers": 2, "memory": 16 << 20}, input={"max_bytes": 4 << 20})
    line.came_out(1)
    wait.stays(lambda: line.count() < len(records), 5, "it is slow", interval=0.5)
    assert process.memory(desk.pid)["anonymous"] < 160 << 20
    assert all(one["memory_used"] <= one["memory_limit"] for one in line.stats())
    quota("--delete-config", "producer_byte_rate")
    line.done(records, repeats=False)


@pytest.fixture
def small_disk(healthy):
    """One broker's log.dirs on a file system of their own with room for 48 MB more, for as long as the test runs."""
    node = healthy.nodes[-1]
    data, saved = node.folder / "data", node.folder / "data-saved"
    node.stop(signal.SIGTERM)
    data.rename(saved)
    data.mkdir()
    size = (48 << 20) + sum(file.stat().st_size for file in saved.rglob("*") if file.is_file())
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", data], check=True)
    shutil.copytree(saved, data, dirs_exist_ok=True)
    back(node)
    yield node, data
    node.stop(signal.SIGKILL)
    shutil.rmtree(saved)
    shutil.copytree(data, saved, ignore=shutil.ignore_patterns("ballast"))
    subprocess.run(["umount", data], check=True)
    data.rmdir()
    saved.rename(data)
    back(node)


@both
def test_r19_broker_disk_full(line, small_disk, healthy):
    """Its log directory goes offline and the broker ends; another one leads. With room again it comes back."""
    node, data = small_disk
    line = line(partitions=3, watch=True)
    records = line.produce(spread(3000, 3))
    desk = line.start([STEADY])
    line.came_out(300)
    ballast = data / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(bytes(1 << 20))
    records += line.produce(spread(3000, 3, seed=2, size=6000))
    wait.until(lambda: node.process.poll() is not None, 60, "the broker to end for its disk")
    line.settle(120)
    assert desk.running()
    ballast.unlink()
    back(node)
    line.done(records)


@both
def test_r24_rolling_restart(line, healthy):
    line = line(partitions=3, watch=True)
    records = line.produce(spread(6000, 3))
    line.start([STEADY])
    for number, node in enumerate(healthy.nodes, 1):
        line.came_out(600 * number)
        node.stop(signal.SIGTERM)
        back(node)
        wait.until(lambda: all_in_sync(line.topics), 60, "all copies to be in sync", interval=0.2)
    line.done(records)


def test_r26_unclean_leader_election(line, healthy):
    """The output's log is cut off by electing a copy that lacks its end. That loss is Kafka's, and documented; the desk does
    not hang: it goes on, or ends with status 75 and goes on after a start, and what comes later is there."""
    line = line(partitions=1)
    out = line.out = line.topics.create("unclean", 1, min_insync_replicas=1, unclean_leader_election_enable="true")
    line.produce(spread(200, 1))
    desk = line.start([], desk={"workers": 2, "commit_interval": 100})
    line.settle()
    leader = leader_of(line.topics, out)
    others = [node for node in healthy.nodes if node is not leader]
    # All but the leader go; what it takes now nobody else has. The input must live: its copies are all that count there.
    for node in others:
        node.process.send_signal(signal.SIGSTOP)
    wait.until(lambda: len(isr(line.topics, out, leader)) == 1, 60, "the leader to be alone", interval=0.2)
    alone = line.topics.produce(out, [b"seen by one"] * 50, acks=1, **{"enable.idempotence": False})
    assert len(alone) == 50
    leader.stop(signal.SIGKILL)
    for node in others:
        node.process.send_signal(signal.SIGCONT)
    wait.until(lambda: len(line.topics.admin.list_topics(timeout=10).brokers) == 2, 60, "the others to be back", interval=0.2)
    wait.until(lambda: elected(line.topics, out), 60, "a leader that lacks the end", interval=0.5)
    back(leader)
    wait.until(lambda: all_in_sync(line.topics), 90, "all copies to be in sync", interval=0.2)
    assert line.topics.count(out) == 200, "the end of the log is cut off: what the test is about"
    line.produce(spread(200, 1, seed=2))
    settled = lambda: line.topics.lag(line.group, line.raw) == 0  # noqa: E731
    wait.until(lambda: settled() or desk.process.poll() is not None, 120, "the desk to go on or to end")
    if not desk.running():
        assert desk.process.returncode == 75, desk.log[-2000:]
        desk.start()
    wait.until(settled, 60, "the desk to go on")
    assert line.topics.count(out) >= 400
    assert desk.stop() == 0


def isr(topics, name, node):
    """As the node itself sees it; the others do not answer."""
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": node.address, "log_level": 0, "socket.timeout.ms": 3000})
    return admin.list_topics(name, timeout=5).topics[name].partitions[0].isrs


def elected(topics, name):
    topics.admin.elect_leaders(ElectionType.UNCLEAN, [TopicPartition(name, 0)]).result(30)
    described = topics.admin.describe_topics(TopicCollection([name]))[name].result(30)
    return described.partitions[0].leader is not None
