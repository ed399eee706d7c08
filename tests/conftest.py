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


# ---- Side by side --------------------------------------------------------------------------------------------------

@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With -n: a file's tests stay together, and all of the faults', which share brokers. Most tests wait for a broker or a
    timeout most of the time, so two at a time disturb each other little."""
    from xdist.scheduler import LoadScopeScheduling

    class ByBrokers(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "faults" if file.startswith("faults/") else file

    return ByBrokers(config, log)


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
def line(folder, topics, request):
    """line(partitions=…) gives a Line: topics, and desks that end with the test. When it failed, their logs are shown."""
    from support.line import Line

    made = []

    def make(*arguments, **settings):
        made.append(Line(topics, folder, *arguments, **settings))
        return made[-1]

    yield make
    for one in made:
        one.clean_up(show=getattr(request.node, "failed", False))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    if outcome.get_result().failed:
        item.failed = True
