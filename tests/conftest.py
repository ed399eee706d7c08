"""What all tests share: a Kafka for the session, topics on it, desks that end with their test; and the rule about
skipped tests."""

import fnmatch
import os
import pathlib
import tempfile

import pytest

TESTS = pathlib.Path(__file__).resolve().parent


# ---- Skipped tests -------------------------------------------------------------------------------------------------

def allowed_skips():
    """The patterns of skips.txt; each must give a reason."""
    patterns = []
    for line in (TESTS / "skips.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, reason = line.split(None, 1)
            assert reason.strip(), f"tests/skips.txt: {pattern} has no reason"
            patterns.append(pattern)
    return patterns


class SkipRule:
    """In CI a skipped test, or one that is expected to fail, is a failure unless skips.txt names it."""

    def __init__(self):
        self.patterns, self.broken = allowed_skips(), []

    def note(self, report):
        if report.skipped and not any(fnmatch.fnmatch(report.nodeid, pattern) for pattern in self.patterns):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            self.broken.append(f"{report.nodeid}: {reason}")

    pytest_runtest_logreport = pytest_collectreport = note

    def pytest_sessionfinish(self, session):
        if self.broken and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        for one in self.broken:
            terminalreporter.write_line(f"SKIPPED IN CI, and tests/skips.txt does not allow it: {one}", red=True)


def pytest_configure(config):
    if os.environ.get("CI"):
        config.pluginmanager.register(SkipRule(), "copydesk-skip-rule")


# ---- Fixtures ------------------------------------------------------------------------------------------------------
# They import what they need themselves, so that tests without Kafka run where its client is not installed.

@pytest.fixture(scope="session")
def kafka():
    """One broker for the whole session. Its folder is short-lived and not below pytest's, which keeps old ones."""
    from support.broker import Cluster

    with tempfile.TemporaryDirectory(prefix="copydesk-kafka-") as folder, Cluster(folder) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def topics(kafka):
    from support.topics import Topics

    return Topics(kafka)


@pytest.fixture
def folder():
    """A folder with a short name (sockets live in it), gone after the test, unwritable to others."""
    with tempfile.TemporaryDirectory(prefix="copydesk-") as path:
        yield pathlib.Path(path)


@pytest.fixture
def desk(folder, topics, request):
    """desk(raw, out, …) writes a configuration for these topics and gives a Desk, not yet started. All end with the
    test; when it failed, the ends of their logs are shown."""
    from support import config
    from support.desk import PLUGINS, Desk

    made = []

    def make(raw, out, dead=None, stats=None, stages=(), name=None, **changes):
        name = name or f"desk{len(made)}"
        settings = {
            "name": name,
            "group": f"group-of-{out}",
            "input": {"topics": [raw] if isinstance(raw, str) else list(raw), "start": "earliest"},
            "output": {"topic": out},
            "dead_letters": {"topic": dead} if dead else None,
            "stats": {"topic": stats, "interval": 200} if stats else None,
            "desk": {"workers": 2},
            "state_dir": str(folder / f"{name}-state"),
            "plugin_dir": str(PLUGINS),
            "stages": tuple({"plugin": stage} if isinstance(stage, str) else stage for stage in stages),
            "kafka": {"common": [f"bootstrap.servers={topics.address}"], "consumer": [], "producer": []},
        }
        settings = config.merged({}, settings)
        (folder / f"{name}-state").mkdir(exist_ok=True)
        one = Desk(folder / name, config.merged(settings, changes))
        made.append(one)
        return one

    yield make
    failed = getattr(request.node, "failed", False)
    for one in made:
        if failed:
            print(f"---- the log of {one.file.parent.name} ends:\n{one.log[-4000:]}")
        one.clean_up()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    if outcome.get_result().failed:
        item.failed = True
