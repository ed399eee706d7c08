"""Plugins that crash, hang, leak, scribble and multiply: the worker pays, with one article. Rows 60 to 73."""

import os
import pathlib
import shutil
import signal

import pytest

from faults.harness import EXACTLY_ONCE, both, both_short_in, spread
from integration import test_plugins_that_misbehave as bodies
from integration import test_reload, test_start
from support import verify, wait
from support.desk import TEST_PLUGINS
from support.line import extra_plugin
from support.topics import Record

FAULTY = extra_plugin("faulty")


def among(deeds, around=30, plugin="fault"):
    """Records with one article for each deed, calm ones around it."""
    records = spread(around, 1, size=120)
    for number, deed in enumerate(deeds):
        records += [Record(spread(1, 1, seed=50 + number, text=f"Words before {plugin}:{deed} and behind it.")[0].value,
                           deed.encode(), partition=0)]
        records += spread(around, 1, size=120, seed=100 + number)
    return records


def run(line, deeds, stages=(FAULTY,), **changes):
    """Gives {deed: its dead letter}; all else is out, in order and once, and the desk works on."""
    line = line(partitions=1)
    records = line.produce(among(deeds))
    line.start(list(stages), **changes)
    line.settle(120)
    records += line.produce(spread(20, 1, seed=900))
    line.done(records)
    return {letter.key.decode(): letter for letter in line.letters()}


@pytest.mark.short
def test_r60_signals(line):
    """SIGSEGV, SIGABRT, the end of the stack, exit; and here: SIGFPE, SIGBUS."""
    bodies.test_the_end_of_a_worker_costs_one_article(line)
    letters = run(line, ["fpe", "bus"])
    assert {deed: letter.header("copydesk-signal") for deed, letter in letters.items()} == {"fpe": "SIGFPE", "bus": "SIGBUS"}
    for letter in letters.values():
        assert letter.header("copydesk-class") == "crash" and letter.header("copydesk-stage") == "faulty"
        assert letter.header("copydesk-plugin-version") == "7.7.7" and letter.header("copydesk-attempts") == "2"


def test_r60_among_two_thousand(line):
    bodies.test_a_crash_among_two_thousand(line)


@pytest.mark.short
def test_r61_hang(line):
    bodies.test_a_hang_ends_at_its_limit(line)


@pytest.mark.short
def test_r61_exponential_expression(line):
    """(a+)+$ by backtracking."""
    letters = run(line, ["backtrack"], worker={"article_cpu": 200})
    assert letters["backtrack"].header("copydesk-class") == "timeout"
    assert letters["backtrack"].header("copydesk-stage") == "faulty"


@pytest.mark.short
def test_r62_leak(line):
    """4 MB an article, a limit of 64 MB: workers end and are replaced, and no article pays for those before it."""
    line = line(partitions=1)
    records = line.produce(spread(120, 1))
    desk = line.start([extra_plugin("faulty", leak_kb=4096)], worker={"memory": 64 << 20}, input={"max_bytes": 1 << 20})
    line.done(records)
    assert line.letters() == []
    assert desk.log.count("died of signal") >= 4


def test_r62_one_article_takes_it_all(line):
    bodies.test_one_that_takes_too_much_memory(line)


@pytest.mark.short
def test_r63_corruption_that_strikes_later(line):
    """The third article after the culprit dies with the worker. It is innocent, tried alone, and comes out."""
    assert run(line, ["corrupt", "corrupt"], desk={"workers": 1}) == {}


@pytest.mark.short
def test_r64_exit_and_stop(line):
    letters = run(line, ["exit_now"])
    assert letters["exit_now"].header("copydesk-class") == "crash"
    assert "exit status 0" in letters["exit_now"].header("copydesk-reason")
    letters, _ = bodies.run(line(), ["exit", "abort", "stop"], worker={"article_cpu": 200})
    assert {deed: letter.header("copydesk-class") for deed, letter in letters.items()} == \
        {"exit": "crash", "abort": "crash", "stop": "timeout"}


@pytest.mark.short
def test_r65_vandalism(line):
    bodies.test_vandalism_stays_in_the_worker(line)
    letters = run(line, ["environment", "environment"])
    assert set(letters) <= {"environment"}


@pytest.mark.short
def test_r66_threads_and_forks(line):
    bodies.test_the_sandbox_holds(line)
    assert run(line, ["multiply"]) == {}, "something got through"


@pytest.mark.short
def test_r67_the_ring_scribbled_over(line):
    """Whatever a plugin writes over the memory that its worker shares with the desk: its own article may come out as garbage or be
    a dead letter. All others are as they should be, and each of the vandal's is in one place."""
    line = line(partitions=1)
    records = line.produce(among(["scribble"] * 3))
    desk = line.start([FAULTY])
    line.settle(120)
    records += line.produce(spread(20, 1, seed=900))
    line.settle()
    outputs, letters = line.outputs(), line.letters()
    vandals = [record for record in outputs + letters if record.key == b"scribble"]
    assert len(vandals) == 3
    verify.verify([record for record in records if record.key != b"scribble"],
                  [record for record in outputs if record.key != b"scribble"],
                  [letter for letter in letters if letter.key != b"scribble"])
    assert len(letters) <= 3 and desk.stop() == 0


@pytest.mark.short
def test_r68_flood(line):
    """An annotation of 1 GB."""
    letters = run(line, ["flood"], worker={"memory": 0})
    assert letters["flood"].header("copydesk-class") in ("too-large", "reject")


@pytest.mark.short
@pytest.mark.parametrize("name", test_start.REFUSED)
def test_r69_refused_at_the_start(line, name):
    test_start.test_a_plugin_that_does_not_fit_is_refused_by_name_and_reason(line, name)
    # it ends by itself, as it should: nothing is left to settle


def test_r69_refused_at_a_reload(line):
    test_reload.test_a_plugin_that_cannot_start_is_refused_and_the_old_set_goes_on(line)


@pytest.mark.short
@pytest.mark.parametrize("order", [("castor", "pollux"), ("pollux", "castor")])
def test_r70_the_same_symbols(line, order):
    line = line(partitions=1)
    records = line.produce(spread(50, 1))
    line.start([extra_plugin(name) for name in order])
    for document in line.done(records):
        assert document["enrichment"] == {"castor": ["castor"] * 2, "pollux": ["pollux"] * 2}


@pytest.mark.short
@pytest.mark.parametrize("mode", [0o666, 0o775])
def test_r71_writable_by_others(line, mode):
    test_start.test_a_plugin_that_others_may_write_is_refused(line, mode)


def test_r71_folder_writable_by_others(line):
    """A folder in which others may put another file of that name."""
    line = line()
    folder = line.folder / "open"
    folder.mkdir()
    folder.chmod(0o777)
    shutil.copy(TEST_PLUGINS / "slow.so", folder)
    desk = line.desk([{"plugin": str(folder / "slow.so")}]).start(ready=False)
    assert desk.wait(60) in (1, 2)
    assert "writable" in desk.log, desk.log
    desk.process = None


@pytest.mark.short
@pytest.mark.parametrize("workers", [1, 2])
def test_r72_crash_at_every_article(line, workers):
    bodies.test_a_crash_at_every_article_keeps_the_desk(line, workers)


def test_r72_the_breaker(line):
    """300 in a row: the dead letters end at a limit, and the status says why."""
    line = line(partitions=1)
    line.produce(spread(300, 1, size=60, text="misbehave:segv"))
    desk = line.start([extra_plugin("misbehave")])
    wait.until(lambda: line.topics.count(line.dead) >= 300 or "breaker" in desk.notifications.status(), 90,
               "the breaker, or 300 dead letters")
    assert line.topics.count(line.dead) < 300
    assert desk.stop() == 0


OFF_BREAKER = {"dead_letters": 20, "backoff": 100, "backoff_max": 100}


def switched_off(line):
    """300 poison articles, the desk, and what came out: when the stage is off, and the last of them settled."""
    records = line.produce(spread(300, 3, size=60, text="misbehave:segv"))
    desk = line.start([extra_plugin("misbehave", breaker={"policy": "stage-off"}), "language_detect"], breaker=OFF_BREAKER)
    wait.until(lambda: "stage misbehave crashes again and again (20 dead letters in " in desk.notifications.status(), 60, "the breaker")
    assert desk.logged("ALARM: breaker: stage misbehave .* is switched off")
    return records, desk, [document for document in line.done_so_far(records) if document]


@both_short_in(EXACTLY_ONCE)
def test_r72_the_stage_is_switched_off(line):
    """The dead letters end at the limit; all others are out without what the stage says, in order and marked so."""
    line = line(partitions=3)
    records, _, documents = switched_off(line)
    assert 20 <= len(line.letters()) <= 21 and len(documents) == 300 - len(line.letters())
    for document in documents:
        assert document["enrichment"]["misbehave"] is None and document["enrichment"]["language"] is not None
        assert [(stage.get("skipped"), stage.get("off")) for stage in document["provenance"]["stages"]] == [(True, True), (None, None)]
    assert [stage["off"] for stage in line.last_stats()["desk0"]["stages"]] == [True, False]
    line.done(records)


@both
def test_r72_the_stage_is_on_again(line):
    """By itself, when ten articles in a row are sound."""
    line = line(partitions=3)
    records, desk, _ = switched_off(line)

    def is_on():
        records.extend(line.produce(spread(1, 3, size=60, seed=len(records))))
        return desk.logged("breaker: stage misbehave is on again")

    wait.until(is_on, 60, "the stage to be on again", interval=0)
    records += line.produce(spread(30, 3))
    documents = line.done_so_far(records)
    assert all(document["enrichment"]["misbehave"] == {"calm": True} for document in documents[-30:])
    wait.until(lambda: desk.notifications.status() == "ok", 30, "the end of the alarm")
    line.done(records)


def own_copy(folder, name="faulty"):
    """A copy of a test plugin in a folder that only we may write."""
    folder = pathlib.Path(folder) / "plugins"
    folder.mkdir(mode=0o755, exist_ok=True)
    shutil.copy(TEST_PLUGINS / f"{name}.so", folder / "own.so")
    (folder / "own.so").chmod(0o644)
    return folder / "own.so"


def test_r73_replaced_by_rename(line, folder):
    """Running workers keep what they have; the replacement of a dead one finds another file and is refused; after a reload
    all is well again."""
    line = line(partitions=1)
    plugin = own_copy(folder)
    records = line.produce(spread(500, 1))
    desk = line.start([{"plugin": str(plugin)}], desk={"workers": 2})
    line.came_out(100)
    new = plugin.with_suffix(".new")
    shutil.copy(TEST_PLUGINS / "castor.so", new)
    new.chmod(0o644)
    new.rename(plugin)
    line.settle()
    os.kill(desk.workers()[0], signal.SIGKILL)
    desk.wait_for_log("not those that its crew started with", 30)
    before = desk.notifications.said.count("READY=1")
    desk.signal(signal.SIGHUP)
    wait.until(lambda: desk.notifications.said.count("READY=1") > before, 30, "the reload")
    more = line.produce(spread(100, 1, seed=2))
    line.settle()
    documents = line.verify(records + more)
    assert documents[0]["enrichment"].keys() == {"faulty"} and documents[-1]["enrichment"].keys() == {"castor"}
    assert desk.stop() == 0


def test_r73_overwritten_in_place(line, folder):
    """What nobody must do: the workers' mapped text changes under them. They crash; the desk stays, and a sound file and a
    reload mend it."""
    line = line(partitions=1)
    plugin = own_copy(folder)
    records = line.produce(spread(300, 1))
    desk = line.start([{"plugin": str(plugin), "nap_us": 1000}])
    line.came_out(50)
    with plugin.open("r+b") as file:
        file.truncate(0)
    wait.until(lambda: desk.logged("SIGBUS|SIGSEGV|died of|before it was ready"), 60, "a worker to die of it")
    wait.until(lambda: not desk.workers() or line.topics.lag(line.group, line.raw) == 0, 60, "all of them to die of it")
    assert desk.running()
    new = plugin.with_suffix(".new")
    shutil.copy(TEST_PLUGINS / "faulty.so", new)
    new.chmod(0o644)
    new.rename(plugin)
    desk.signal(signal.SIGHUP)
    line.settle(90)
    line.verify(records)
    assert desk.running()
    assert desk.stop() == 0
