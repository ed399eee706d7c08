"""The consumer group: rebalances, zombies, fences, stale results. Rows 36 to 41; row 25, which is the producer's fence."""

import re
import signal

import pytest

from faults.harness import EXACTLY_ONCE, STEADY, both, freeze, spread, transactions
from support import config, wait
from support.line import extra_plugin

STRATEGIES = pytest.mark.parametrize("strategy", [pytest.param("range", marks=pytest.mark.short), "cooperative-sticky"])


def consumer(*more):
    return {"consumer": ["session.timeout.ms=6000", "heartbeat.interval.ms=500", *more]}


def shares(line):
    """{desk: how many partitions it has}, as the stats tell."""
    return {name: sum(one["assigned"] for one in record["partitions"]) for name, record in line.last_stats().items()}


@transactions
def test_r25_one_transactional_id_twice(line):
    """The older one is fenced and ends with a status of its own; it does not fight for its place."""
    line = line(partitions=2, watch=True)
    records = line.produce(spread(4000))
    first = line.start([STEADY], name="twin")
    line.came_out(300)
    settings = line.settings([STEADY], "twin")
    second = line.desk([STEADY], name="other")
    settings["state_dir"] = second.settings["state_dir"]
    second.file.write_text(config.members(settings))
    second.start()
    assert first.wait(60) == 75
    first.process = None
    line.done(records)


@both
@STRATEGIES
def test_r36_rebalance_in_mid_stream(line, strategy):
    """A second desk comes and goes, by SIGTERM and by SIGKILL."""
    line = line(partitions=4, watch=True)
    how = {"kafka": consumer(f"partition.assignment.strategy={strategy}")}
    records = line.produce(spread(5000, 4))
    line.start([STEADY], name="stays", **how)
    line.came_out(300)
    for number, end in enumerate(("stop", "kill", "stop")):
        before = line.count()
        other = line.desk([STEADY], name=f"guest{number}", **how).start()
        line.came_out(min(before + 600, len(records)))
        getattr(other, end)()
    line.done(records)


@both
def test_r36_a_static_member_comes_back(line):
    """Two members with names of their own. One is killed and started again within the session: it has its partitions back, and the
    other one does not notice."""
    line = line(partitions=4, watch=True)
    records = line.produce(spread(5000, 4))
    stays = line.desk([STEADY], name="stays", static=True).start()
    back = line.desk([STEADY], name="back", static=True).start()
    wait.until(lambda: shares(line) == {"stays": 2, "back": 2}, 30, "each to have two partitions")
    changes = r"(?:assigned|revoked|lost), epoch"
    seen = len(re.findall(changes, stays.log))
    for _ in range(2):
        before = line.count()
        back.kill()
        back.start()
        line.came_out(min(before + 300, len(records)))
    assert len(re.findall(changes, stays.log)) == seen, "a rebalance"
    taken = {}
    for process, number in re.findall(r"copydeskd\[(\d+)\]: \S+/(\d+): assigned, epoch", back.log):
        taken.setdefault(process, set()).add(number)
    first, second, third = taken.values()
    assert second == third and second <= first and len(second) == 2
    line.done(records)


def test_r37_a_slow_plugin_and_the_poll_interval(line):
    """One article takes twice max.poll.interval.ms: polling goes on, no partition is lost, nobody rejoins."""
    line = line(partitions=2)
    records = line.produce(spread(200) + spread(1, seed=2, text="fault:sleep") + spread(200, seed=3))
    desk = line.start([extra_plugin("faulty", sleep_ms=13_000)], worker={"article_cpu": 10_000},
                      kafka=consumer("max.poll.interval.ms=6000"))
    line.done(records, repeats=False, timeout=60)
    assert not desk.logged("MAXPOLL|max.poll|lost, epoch|epoch 2")


@both
def test_r38_a_zombie(line):
    """Frozen for longer than the session; another has taken over when it wakes. Its commits are refused, it rejoins."""
    line = line(partitions=2, watch=True)
    records = line.produce(spread(6000))
    zombie = line.start([STEADY], name="zombie")
    line.came_out(500)
    freeze(zombie)
    line.start([STEADY], name="heir")
    line.came_out(1500)
    zombie.signal(signal.SIGCONT)
    wait.until(lambda: zombie.logged(r"lost, epoch|revoked, epoch") or not zombie.running(), 60, "it to see that it was replaced")
    if not zombie.running():
        assert line.delivery == EXACTLY_ONCE and zombie.process.returncode == 75
        zombie.process = None
    line.done(records)


def test_r39_a_static_member_twice(line):
    """The second one takes the first one's place; that ends with status 75, and nothing is lost."""
    line = line(partitions=2)
    records = line.produce(spread(4000))
    first = line.desk([STEADY], name="one", kafka=consumer("group.instance.id=the-same")).start()
    line.came_out(300)
    second = line.desk([STEADY], name="two", kafka=consumer("group.instance.id=the-same")).start(ready=False)
    wait.until(lambda: not first.running() or not second.running(), 60, "one of the two to be fenced")
    fenced = first if not first.running() else second
    assert fenced.process.returncode == 75, fenced.log[-2000:]
    assert fenced.logged("fatal: .*FENCED_INSTANCE_ID|fatal: .*fenced")
    fenced.process = None
    line.done(records)


@both
def test_r40_commits_during_rebalances(line):
    """Commits every 10 ms while members come and go: those of an old generation are refused, and nobody dies of it."""
    line = line(partitions=4, watch=True)
    often = {"desk": {"workers": 2, "commit_interval": 10}}
    records = line.produce(spread(5000, 4))
    stays = line.start([STEADY], name="stays", **often)
    for number in range(4):
        before = line.count()
        other = line.desk([STEADY], name=f"guest{number}", **often).start()
        line.came_out(min(before + 200, len(records)))
        other.stop() if number % 2 else other.kill()
    assert stays.running()
    line.done(records)


@both
def test_r41_stale_results(line):
    """Partitions move while their records are in workers' hands, without draining: what those bring then is thrown away, and
    the ledger calls it abandoned."""
    line = line(partitions=4, watch=True)
    hasty = {"desk": {"workers": 2, "drain_timeout": 0}, "stages": [extra_plugin("faulty", nap_us=20_000)]}
    stages = hasty.pop("stages")
    records = line.produce(spread(1200, 4))
    stays = line.start(stages, name="stays", **hasty)
    line.came_out(50)
    for number in range(2):
        before = line.count()
        other = line.desk(stages, name=f"guest{number}", **hasty).start()
        line.came_out(before + 100)
        assert other.stop() == 0
    line.settle(120)
    wait.until(lambda: line.last_stats()["stays"]["total"]["abandoned"] > 0, 10, "the ledger to tell of what was abandoned")
    assert stays.logged("still in flight when draining ended")
    line.done(records)
