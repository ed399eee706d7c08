"""The network between the desk and the brokers: slow, broken, one-way, cut. Rows 27 to 35. All traffic of the desk goes
through proxies; the checkers go beside them."""

from faults.harness import STEADY, Words, both, cpu_share, degraded, spread, transactions
from support import process, wait


def begin(line, count=3000, stages=(STEADY,), out=300, size=300, **changes):
    """A desk in the middle of its work, behind the proxies."""
    line = line(partitions=2, proxied=True, watch=True)
    records = line.produce(spread(count, size=size))
    desk = line.start(list(stages), **changes)
    line.came_out(out)
    return line, records, desk


@both
def test_r27_latency(line, network):
    """Half a second and more each way: slower, nothing else."""
    line, records, desk = begin(line)
    network.add("latency", "downstream", latency=500, jitter=250)
    network.add("latency", "upstream", latency=100, jitter=50)
    line.done(records, repeats=False)
    assert not desk.logged("fatal:")


@both
def test_r28_black_hole(line, network):
    """Bytes go in and nothing comes out, for ten seconds: requests time out, connections are made anew."""
    line, records, desk = begin(line)
    network.add("timeout", "downstream", timeout=0)
    network.add("timeout", "upstream", timeout=0)
    wait.stays(desk.running, 10, "the desk runs", interval=0.5)
    network.heal()
    line.done(records)


@both
def test_r29_reset_in_mid_batch(line, network):
    """Connections are reset in the middle of their requests, again and again. The idempotent producer repeats nothing."""
    line, records, desk = begin(line, 4000)
    for round_ in range(1, 6):
        network.add("reset_peer", "upstream", timeout=20)
        wait.until(lambda: desk.log.count("Connection reset") + desk.log.count("Disconnected") >= round_, 20,
                   "a connection to be reset")
        network.heal()
        line.came_out(300 + 200 * round_)
    line.done(records)


def test_r30_slow_link(line, network):
    """20 kB/s out: back-pressure all the way to the input; what waits stays within the budget."""
    line, records, desk = begin(line, 2500, (), 1, 8000, desk={"workers": 2, "memory": 16 << 20},
                                input={"max_bytes": 4 << 20},
                                kafka={"consumer": ["session.timeout.ms=30000", "queued.max.messages.kbytes=4096"]})
    network.add("bandwidth", "upstream", rate=20)
    wait.stays(lambda: process.memory(desk.pid)["anonymous"] < 160 << 20, 15, "memory within its bound", interval=0.5)
    assert line.count() < len(records), "it was done before the link was slow"
    assert all(one["memory_used"] <= one["memory_limit"] for one in line.stats())
    network.heal()
    line.done(records)


@both
def test_r31_small_fragments(line, network):
    line, records, _ = begin(line, 1000, (), 1)
    network.add("slicer", "downstream", average_size=60, size_variation=50, delay=10)
    network.add("slicer", "upstream", average_size=60, size_variation=50, delay=10)
    records += line.produce(spread(300, seed=2))
    line.done(records, repeats=False)


@both
def test_r32_cut_after_n_bytes(line, network):
    """Each connection ends after 60 kB out, mostly within a produce request."""
    line, records, desk = begin(line, 3000)
    network.add("limit_data", "upstream", bytes=60_000)
    wait.until(lambda: desk.log.count("Disconnected") + desk.log.count("disconnected") >= 3
               or line.topics.lag(line.group, line.raw) == 0, 60, "connections to be cut", interval=0.2)
    network.heal()
    line.done(records)


@both
def test_r33_one_way_partition(line, network):
    """The brokers hear the desk, it does not hear them, for twice the session timeout: the partitions are lost or kept, and
    nothing is committed that was not delivered."""
    line, records, desk = begin(line, 4000)
    network.add("timeout", "downstream", timeout=0)
    wait.stays(desk.running, 13, "the desk runs", interval=0.5)
    network.heal()
    line.done(records)


@transactions
def test_r34_answer_to_the_end_of_a_transaction_lost(line, network):
    """Answers are lost, requests arrive: again and again whoever asks to commit does not hear whether it was done."""
    line, records, desk = begin(line, 6000, kafka={"producer": ["transaction.timeout.ms=20000", "socket.timeout.ms=3000"]})
    for round_ in range(1, 5):
        network.add("timeout", "downstream", timeout=0)
        wait.stays(lambda: desk.process is not None, 4, "answers are lost", interval=0.5)
        network.heal()
        came_out_with_restarts(line, desk, 300 + 300 * round_)
    came_out_with_restarts(line, desk, len(records))
    line.done(records)


def came_out_with_restarts(line, desk, count):
    """As the service manager does: whatever librdkafka calls fatal ends the desk with status 75, and it is started again."""
    def there():
        if not desk.running():
            assert desk.process.returncode == 75, f"it ended with status {desk.process.returncode}"
            desk.start()
        return line.count() >= count

    wait.until(there, 120, f"{count} records to come out", interval=0.1)


def test_r35_names_that_do_not_resolve(line, folder, network):
    """At the start and in between: tried again, without a hot loop."""
    words = Words(folder)
    line = line(partitions=2, proxied=True)
    records = line.produce(spread(1500))
    words["resolver_fails"] = 1
    desk = line.desk([STEADY], environment=words.environment).start(ready=False)
    desk.wait_for_log(r"resolve")
    assert cpu_share(desk.pid, 2) < 0.3
    words["resolver_fails"] = 0
    line.came_out(300)
    for _ in range(3):
        words["resolver_fails"] = 1
        network.ask("POST", "/proxies/broker1", {"enabled": False})
        network.ask("POST", "/proxies/broker2", {"enabled": False})
        network.ask("POST", "/proxies/broker3", {"enabled": False})
        wait.until(lambda: degraded(desk), 30, "the status to say that it is degraded")
        network.heal()
        words["resolver_fails"] = 0
        before = line.count()
        line.came_out(min(before + 100, len(records)))
    line.done(records)
