"""Fixtures of the fault suite: three brokers and a controller, proxies before them, lines whose books are closed; and the
table of results, a row a test."""

import json
import os
import pathlib
import re
import signal
import tempfile

import pytest

BODIES = ("dedupe_redis", "delivery", "environment", "lost_offsets", "main_job", "plugins_that_misbehave", "reload", "start")
pytest.register_assert_rewrite("faults.harness", "support.watcher", *(f"integration.test_{name}" for name in BODIES))

HERE = pathlib.Path(__file__).resolve().parent


def pytest_collection_modifyitems(config, items):
    """Whatever is not marked `short` is left to ./dev soak faults. What needs a delivery mode that this build does not
    have is not there: the table says so."""
    from faults.harness import MODES

    for item in items:
        if HERE not in item.path.parents:
            continue
        if item.get_closest_marker("short") is None:
            item.add_marker("soak")
        delivery = getattr(item, "callspec", None) and item.callspec.params.get("delivery")
        if delivery and delivery not in MODES:
            item.add_marker(pytest.mark.missing(f"delivery = \"{delivery}\" does not exist"))
        missing = item.get_closest_marker("missing")
        if missing:
            item.add_marker(pytest.mark.xfail(reason=f"not in the program yet: {missing.args[0]}", strict=True))


# ---- fixtures --------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="session")
def kafka():
    """Three brokers, three copies of which two must be in sync, the controller apart, each broker with a second listener."""
    from support.broker import Cluster

    settings = {"min.insync.replicas": 2, "broker.session.timeout.ms": 6000, "replica.lag.time.max.ms": 5000,
                "leader.imbalance.check.interval.seconds": 20, "group.min.session.timeout.ms": 1000,
                "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000}
    with tempfile.TemporaryDirectory(prefix="copydesk-kafka-") as folder:
        with Cluster(folder, 3, 384, settings, controller=True, proxied=True) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def topics(kafka):
    from support.topics import Topics

    return Topics(kafka)


@pytest.fixture
def healthy(kafka, topics):
    """All brokers run and all copies are in sync: before the test, and again after it, whatever it did."""
    from faults.harness import all_in_sync, back
    from support import wait

    def heal():
        for node in kafka.every:
            if node.process.poll() is None:
                node.process.send_signal(signal.SIGCONT)
            else:
                back(node)
        wait.until(lambda: all_in_sync(topics), 90, "all copies to be in sync", interval=0.2)

    heal()
    yield kafka
    heal()


@pytest.fixture(scope="session")
def proxies(kafka):
    from support.toxiproxy import Network

    with Network({f"broker{node.number}": (node.proxy[1], node.proxy[0]) for node in kafka.nodes}) as network:
        yield network


@pytest.fixture
def network(proxies):
    yield proxies
    proxies.heal()


@pytest.fixture
def delivery():
    return "at-least-once"


@pytest.fixture
def line(folder, topics, request, delivery):
    """line(partitions=…, watch=…, proxied=…) gives a FaultLine on the three brokers. At the end its ledgers are checked."""
    from faults.harness import FaultLine

    made = []

    def make(*arguments, **settings):
        made.append(FaultLine(topics, folder, delivery, *arguments, **settings))
        return made[-1]

    yield make
    failed = getattr(request.node, "failed", False)
    for one in made:
        one.clean_up(show=failed)
    for one in made:
        if not failed:
            one.audit()


# ---- the table of results ---------------------------------------------------------------------------------------------

results = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    missing = item.get_closest_marker("missing")
    one = results.setdefault(item.name, {"seconds": 0.0, "result": "passed", "why": ""})
    one["seconds"] += call.duration
    if hasattr(report, "wasxfail") and report.skipped:
        one.update(result="missing", why=missing.args[0])
    elif report.failed:
        one.update(result="failed", why=(repr(call.excinfo.value) if call.excinfo else report.outcome)[:200].replace("|", "/"))


def pytest_sessionfinish():
    """COPYDESK_FAULT_RESULTS names a file: what ran now is laid over what is in it."""
    path = os.environ.get("COPYDESK_FAULT_RESULTS")
    if path and results:
        file = pathlib.Path(path)
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps({**known, **results}, indent=1))
        from faults.catalogue import table
        file.with_suffix(".md").write_text(table({**known, **results}))


