"""The store's disk and database: full, small, killed in the middle; and the server that machines share. Rows 50 to 54."""

import os
import pathlib
import random
import signal
import subprocess

import pytest

from faults.harness import both, cpu_share, spread
from integration import test_dedupe_redis as shared
from integration import test_delivery
from support import process, wait
from support.line import extra_plugin

UNHURRIED = extra_plugin("faulty", nap_us=16_000)  # some 60 articles a second and worker
OFTEN = {"workers": 2, "commit_interval": 100}  # with transactions, what came out is known as often as they end


@pytest.fixture
def small_state(folder):
    """A folder on a file system of 24 MB."""
    path = folder / "small"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "tmpfs", path], check=True)
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def fill(folder):
    ballast = pathlib.Path(folder) / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(bytes(1 << 16))
    return ballast


@both
def test_r50_disk_full(line, small_state):
    """The stage waits, the status says why, nothing passes unchecked and nothing is lost; with room again it goes on."""
    line = line(partitions=2)
    records = line.produce(spread(2000, size=900))
    desk = line.start([UNHURRIED, "dedupe"], state_dir=str(small_state), desk=OFTEN)
    line.came_out(200)
    ballast = fill(small_state)
    wait.until(lambda: "degraded" in desk.notifications.status(), 60, "the status to say that the disk is full")
    assert cpu_share(desk.pid, 2) < 0.5 and desk.running()
    assert line.topics.lag(line.group, line.raw) > 0, "it went on without its memory"
    ballast.unlink()
    documents = line.done(records)
    assert all(document["enrichment"]["duplicate"] for document in documents)
    assert line.letters() == []


@both
def test_r51_map_full(line, small_state):
    """The database cannot grow (its file system ends): MDB_MAP_FULL and ENOSPC are one to the stage. No crash, no dead letter;
    it goes on when there is room, with all that it knew."""
    line = line(partitions=1)
    first = spread(300, 1, size=900)
    records = line.produce(first)
    ballast = fill(small_state)
    ballast.write_bytes(bytes(max(0, ballast.stat().st_size - (600 << 10))))
    desk = line.start(["dedupe"], state_dir=str(small_state))
    records += line.produce(spread(3000, 1, size=900, seed=2))
    wait.until(lambda: "degraded" in desk.notifications.status() or line.topics.lag(line.group, line.raw) == 0, 90,
               "the database to be full")
    assert "degraded" in desk.notifications.status(), "600 kB were enough for all: the test shows nothing"
    ballast.unlink()
    line.settle(120)
    again = line.produce([type(one)(one.value, b"again", partition=0) for one in first])
    documents = line.done(records + again)
    assert {document["enrichment"]["duplicate"]["relation"] for document in documents[-300:]} == {"exact"}
    assert line.letters() == []


def kill_store(line, desk, times, rng):
    """Kills the store that often, each time after it has answered some more."""
    for _ in range(times):
        before = line.count()
        line.came_out(before + rng.randrange(1, 40))
        victim = wait.until(desk.store, 30, "the store to be there")
        os.kill(victim, signal.SIGKILL)
        wait.until(lambda: not process.alive(victim), 20, "the store to be gone")


@both
def test_r52_store_killed_while_it_reads(line):
    """Three of four articles are copies, so most of its work is looking up. It starts again on the same files each time, and the
    database does not grow by it."""
    line = line(partitions=2)
    texts = spread(400, size=900)
    records = line.produce(texts + [type(one)(one.value, one.key, partition=one.partition) for one in texts for _ in range(3)])
    desk = line.start([UNHURRIED, "dedupe"], desk=OFTEN)
    kill_store(line, desk, 10, random.Random(52))
    line.done(records)
    data = sum(path.stat().st_blocks * 512 for path in line.folder.rglob("*.mdb"))
    assert data < 64 << 20, f"{data} bytes"


@pytest.mark.short
@both
def test_r53_store_killed_while_it_writes(line):
    """Each article is new, so it is in a write transaction most of the time. Every answer stays what it was: numbers without
    a gap, and the desk killed in between, so that answers are asked for again."""
    test_delivery.test_the_store_killed_from_outside_costs_nothing(line)


@both
def test_r53_dedupe_killed_while_it_writes(line):
    line = line(partitions=2)
    records = line.produce(spread(4000, size=600))
    desk = line.start([UNHURRIED, "dedupe"], desk=OFTEN)
    kill_store(line, desk, 20, random.Random(53))
    documents = line.done(records)
    assert all(document["enrichment"]["duplicate"] for document in documents)
    assert line.letters() == []


@pytest.fixture
def redis(folder):
    server = shared.Redis(shared.PROGRAMS["redis"](), folder / "redis")
    yield server
    server.kill()


FAULTS = {"killed": (shared.go_killed, shared.come_started), "frozen": (shared.go_frozen, shared.come_thawed),
          "read-only": (shared.go_read_only, shared.come_writable), "full": (shared.go_full, shared.come_roomy)}


@pytest.mark.parametrize("how", FAULTS)
def test_r54_shared_store(line, redis, folder, how):
    """Down, standing still, -READONLY, -OOM: articles pass, called unknown, and the log says so; nothing is dropped or lost, and
    it comes back by itself."""
    shared.test_a_server_that_goes_and_comes(line, redis, folder, *FAULTS[how])


def test_r54_nothing_piles_up(line, redis):
    """A server that stands still costs its timeout at most now and then, and no threads."""
    line = line(partitions=2)
    desk = line.start([shared.dedupe(redis)])
    line.done_so_far(line.produce(spread(50, size=700)))
    before = int(process.status(desk.store())["Threads"])
    redis.signal(signal.SIGSTOP)
    line.produce(spread(500, size=700, seed=2))
    line.settle(60)
    assert int(process.status(desk.store())["Threads"]) == before
    assert cpu_share(desk.pid, 2) < 0.3 and cpu_share(desk.store(), 2) < 0.3
    redis.signal(signal.SIGCONT)
    assert line.letters() == [] and line.count() == 550
    assert desk.stop() == 0
