"""The environment misbehaves: the broker is away, freezes or comes back; the backlog is large; a log is not read. The
desk stays, says so, and goes on by itself."""

import signal
import subprocess
import tempfile

import pytest

from support import process, wait
from support.articles import Writer
from support.broker import Cluster
from support.desk import Notifications
from support.line import Line, extra_plugin
from support.topics import Record, Topics


@pytest.fixture
def own_line(folder, request):
    """A line on a broker of its own, which the test may stop."""
    with tempfile.TemporaryDirectory(prefix="copydesk-kafka-") as kafka, Cluster(kafka) as cluster:
        line = Line(Topics(cluster), folder, partitions=2)
        yield line
        line.clean_up(show=getattr(request.node, "failed", False))


def spread(writer, count, size=300):
    return [Record(writer.payload(size), partition=n % 2) for n in range(count)]


def test_the_broker_goes_away_and_comes_back(own_line):
    """Killed in mid-stream. The desk stays ready, says that it is degraded, and resumes without help."""
    line, (node,) = own_line, own_line.topics.cluster.nodes
    records = line.produce(spread(Writer(71), 4000))
    desk = line.start([extra_plugin("slow", busy_us=500)])
    wait.until(lambda: line.topics.count(line.out) >= 500, 60, "some records to come out")
    started = node.started()
    node.stop(signal.SIGKILL)
    wait.until(lambda: "degraded" in desk.notifications.status().lower(), 30, "the status to say that it is degraded")
    wait.stays(desk.running, 2, "the desk runs without a broker")
    node.start()
    wait.until(lambda: node.started() > started, 60, "the broker to be back")
    line.settle(120)
    wait.until(lambda: "degraded" not in desk.notifications.status().lower(), 30, "the status to be well again")
    line.verify(records, repeats=True)
    assert "STOPPING=1" not in desk.notifications.said
    assert desk.stop() == 0


def test_a_frozen_broker_repeats_nothing(own_line):
    """SIGSTOP for a while: requests time out or wait, the idempotent producer does not repeat."""
    line, (node,) = own_line, own_line.topics.cluster.nodes
    records = line.produce(spread(Writer(72), 3000))
    desk = line.start([extra_plugin("slow", busy_us=500)])
    wait.until(lambda: line.topics.count(line.out) >= 300, 60, "some records to come out")
    node.process.send_signal(signal.SIGSTOP)
    wait.stays(desk.running, 3, "the desk runs")
    node.process.send_signal(signal.SIGCONT)
    line.settle(120)
    line.verify(records)
    assert desk.stop() == 0


def test_without_a_broker_it_waits(line):
    """Started first, the broker's address answered by nobody: no exit, and it can be stopped."""
    line = line()
    desk = line.desk(kafka={"common": ["bootstrap.servers=127.0.0.1:1"], "consumer": []}).start(ready=False)
    wait.stays(desk.running, 3, "the desk runs without a broker")
    assert desk.stop(timeout=30) == 0


def test_memory_does_not_follow_the_backlog(line):
    """60 MB of articles wait; the desk has taken its budget when it is ready, and needs no more than that."""
    line = line(partitions=2)
    records = line.produce(spread(Writer(73), 15_000, 4000))
    desk = line.start([extra_plugin("slow", busy_us=100)], desk={"workers": 2, "memory": 16 << 20},
                      input={"max_bytes": 4 << 20}, kafka={"consumer": ["session.timeout.ms=6000"]})
    first = most = process.memory(desk.pid)["anonymous"]

    def watch():
        nonlocal most
        most = max(most, process.memory(desk.pid)["anonymous"])
        return line.topics.lag(line.group, line.raw) == 0

    wait.until(watch, 120, "the backlog to be done")
    assert 16 << 20 < first < 64 << 20, f"{first >> 20} MiB"
    assert most < 1.1 * first, f"{first >> 20} MiB, then {most >> 20} MiB"
    line.verify(records)
    assert desk.stop() == 0


def test_a_log_that_nobody_reads_does_not_stop_it(line):
    """Standard error is a pipe that is full: the articles go through all the same."""
    line = line()
    desk = line.desk([extra_plugin("misbehave")])
    path = desk.folder / "notify"
    desk.notifications = Notifications(path)
    desk.process = subprocess.Popen(
        process.bound_to_us([desk.program, "--config", desk.file]), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={"NOTIFY_SOCKET": str(path), "PATH": "/usr/bin:/bin"})
    writer = Writer(74)
    records = line.produce([Record(writer.payload(100, **({"text": "misbehave:reject"} if n % 2 else {})))
                            for n in range(3000)])
    line.settle()
    line.verify(records)
    desk.process.stderr.close()
    more = line.produce(writer.payloads(10))
    line.settle()
    line.verify(records + more)
    assert desk.running()
    assert desk.stop() == 0
