"""Reloading: a new set takes over without a rebalance and without a loss; a bad one is refused and the old one goes on."""

import signal

from support import config, wait
from support.articles import Writer
from support.desk import TEST_PLUGINS
from support.line import extra_plugin
from support.topics import Record


def articles(count, seed=1):
    writer = Writer(seed)
    return [Record(writer.payload(800), b"%d" % n) for n in range(count)]


def pipelines(records):
    """The fingerprints in the outputs' headers, in order, each once."""
    seen = []
    for record in records:
        one = dict(record.headers)["copydesk-pipeline"]
        if not seen or seen[-1] != one:
            seen.append(one)
    return seen


def reload(desk, settings):
    """Rewrites the file, sends SIGHUP and waits until the daemon says that it is done."""
    desk.file.write_text(config.members(settings))
    before = desk.notifications.said.count("READY=1")
    desk.signal(signal.SIGHUP)
    wait.until(lambda: desk.notifications.said.count("READY=1") > before, 30, f"the end of a reload; log:\n{desk.log[-2000:]}")


def test_a_new_pipeline_takes_over_in_mid_stream(line):
    line = line()
    desk = line.start(["language_detect"])
    inputs = line.produce(articles(3000))
    wait.until(lambda: len(line.outputs()) > 100, 30, "some outputs")
    old = desk.workers()
    reload(desk, line.settings(["language_detect", "dedupe"], "desk0"))
    inputs += line.produce(articles(500, seed=2))
    line.settle()
    line.verify(inputs)
    assert len(pipelines(line.outputs())) == 2
    assert desk.logged("epoch 1") and not desk.logged("epoch 2"), "there was a rebalance"
    assert desk.logged(r"reloaded: pipeline")
    wait.until(lambda: not set(old) & set(desk.children()), 20, "the old workers to leave")
    assert desk.store() is not None
    assert desk.stop() == 0


def test_the_store_gives_way_to_the_next_one(line):
    line = line()
    desk = line.start(["dedupe"])
    inputs = line.produce(articles(400))
    line.settle()
    store = desk.store()
    reload(desk, line.settings([{"plugin": "dedupe", "strict": True}], "desk0"))
    inputs += line.produce(articles(400, seed=2))
    line.settle()
    line.verify(inputs)
    assert desk.store() not in (None, store)
    reload(desk, line.settings(["language_detect"], "desk0"))
    wait.until(lambda: desk.store() is None, 20, "the store to leave, which nobody needs any more")
    assert desk.stop() == 0


def test_a_bad_file_is_refused_and_the_old_set_goes_on(line):
    line = line()
    desk = line.start(["language_detect"])
    workers = desk.workers()
    good = desk.file.read_text()
    desk.file.write_text("nmae = 1;\n" + good)
    desk.signal(signal.SIGHUP)
    desk.wait_for_log(r"copydesk\.conf:1: .*nmae")
    desk.wait_for_log(r"reload refused")
    inputs = line.produce(articles(50))
    line.settle()
    line.verify(inputs)
    assert desk.workers() == workers
    assert desk.stop() == 0


def test_a_plugin_that_cannot_start_is_refused_and_the_old_set_goes_on(line):
    line = line()
    desk = line.start(["language_detect"])
    workers = desk.workers()
    reload(desk, line.settings(["language_detect", extra_plugin("open_fails")], "desk0"))
    assert desk.logged(rf"reload refused.*open failed|reload refused[\s\S]*{TEST_PLUGINS.name}")
    inputs = line.produce(articles(50))
    line.settle()
    line.verify(inputs)
    assert len(pipelines(line.outputs())) == 1
    assert set(workers) <= set(desk.children())
    wait.until(lambda: "refused" in desk.notifications.status(), 10, "the refusal in the status")
    assert desk.stop() == 0


def test_what_only_a_restart_can_change_is_said(line):
    line = line()
    desk = line.start(["language_detect"])
    settings = line.settings(["language_detect"], "desk0", group="another")
    reload(desk, settings)
    assert desk.logged(r"reload refused.*: group is not what it was")
    assert desk.stop() == 0
