"""`copydesk top`: a running daemon in batch mode and on a terminal; keys, sizes, signals, and daemons that come, hang and go."""

import contextlib
import itertools
import json
import re
import signal
import socket
import threading
import time

import pytest

from support import wait
from support.articles import Writer
from support.desk import BUILD, run
from support.line import extra_plugin
from support.terminal import Terminal
from support.topics import Record

FAILED, USAGE, NOT_RUNNING = 1, 2, 3


def articles(count):
    writer = Writer(1)
    return [Record(writer.payload(300), b"%d" % n, partition=n % 2) for n in range(count)]


def top(path, *arguments, **settings):
    return Terminal([BUILD / "copydesk", "top", "--socket", path, "--interval", "0.2", *arguments], **settings)


def row(name, text):
    """The cells of the row that begins with that name, without it."""
    return re.search(rf"^{re.escape(name)} +(.*)$", text, re.M)[1].split()


def answer(partitions=1, uptime_ms=60_000, **changes):
    """What a daemon might say."""
    ledger = {"read": 100, "published": 90, "dropped": 0, "dead_lettered": 0, "abandoned": 0, "in_flight": 10, "gap": 0}
    stage = dict.fromkeys(("articles", "dropped", "rejected", "skipped", "crashes", "timeouts", "wall_us"), 7)
    stats = {"name": "desk0", "pipeline": "e5b1", "time_ms": 1_795_464_239_598, "uptime_ms": uptime_ms, "memory_used": 1,
             "memory_limit": 4, "restarts": 0, "total": ledger, "workers": [],
             "partitions": [{"topic": "raw", "partition": n, **ledger, "lag": n, "assigned": True, "paused": False}
                            for n in range(partitions)],
             "stages": [{"name": "quotes", "off": False, **stage}], **changes}
    return {"version": 1, "ok": True, "status": {
        "state": "ready", "since_ms": stats["time_ms"] - uptime_ms, "reasons": [], "pid": 1,
        "reload": {"last": "none", "running": False}, "stats": stats}}


@pytest.fixture
def pretender(folder):
    """pretender(ANSWER, …) gives the path of a socket; who asks there gets one answer after the other, the last for ever."""
    server = socket.socket(socket.AF_UNIX)

    def serve(answers):
        for given in itertools.chain(answers, itertools.repeat(answers[-1])):
            try:
                client, _ = server.accept()
            except OSError:
                return  # the test is over
            with client, contextlib.suppress(BrokenPipeError):  # a key came before the answer
                client.recv(4096)
                client.sendall(given if isinstance(given, bytes) else json.dumps(given).encode() + b"\n")

    def make(*answers):
        server.bind(str(folder / "odd.sock"))
        server.listen()
        threading.Thread(target=serve, args=(answers,), daemon=True).start()
        return folder / "odd.sock"

    yield make
    with contextlib.suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)
    server.close()


# ---- A real daemon --------------------------------------------------------------------------------------------------

def test_in_batch_mode_the_rates_are_those_of_each_round(line):
    line = line(partitions=2)
    desk = line.start(["language_detect", "dedupe"])
    line.produce(articles(400))
    line.settle()
    done = run(["top", "--config", desk.file, "--batch", "--rounds", "2", "--interval", "0.5"])
    assert done.returncode == 0 and not done.stderr, done
    first, second = done.stdout.decode().split("\n\ndesk0: ready for ")
    assert first.startswith("desk0: ready for ")
    for n in range(2):
        rate, published, *_ = row(f"{line.raw}/{n}", first)
        assert float(rate) > 0 and rate == published, "the first round has averages since the start"
        assert row(f"{line.raw}/{n}", second)[:4] == ["0.0"] * 4, "nothing came in between"
    for stage in ("language_detect", "dedupe"):
        rate, mean_us, *_ = row(stage, first)
        assert float(rate) > 0 and float(mean_us) > 0
        assert row(stage, second)[:2] == ["0.0", "-"]
    name, pid, *_ = row("desk", second)
    assert (name, pid) == ("ready", str(desk.pid))
    cpu, memory = row("worker 1", second)[-2:]
    assert 0 <= float(cpu) <= 100 and 1 < float(memory) < 1000
    assert desk.stop() == 0


def test_on_a_terminal_daemons_come_and_hang_and_go(line):
    line = line(partitions=2)
    desk = line.desk(["language_detect", extra_plugin("slow", busy_us=10_000)])
    with top(line.folder / "desk0.sock") as terminal:
        terminal.shows(r"^nobody answers at .*desk0\.sock: copydeskd does not run")
        desk.start()
        terminal.shows(r"^desk0: ready for ")
        line.produce(articles(200))  # a second's work: several answers
        terminal.shows(rf"^{line.raw}/1 +\S+ +[1-9]")
        terminal.shows(r"^slow +[1-9]")
        line.settle()
        terminal.shows(rf"^{line.raw}/0 +0\.0 +0\.0 +0\.0 +0\.0 +0 +0 ")
        desk.signal(signal.SIGSTOP)
        try:
            begin = time.monotonic()
            terminal.press("h")
            terminal.shows(r"^q +quit")
            terminal.press("hs")
            terminal.shows("sort: rate")
            assert time.monotonic() - begin < 4, "a key had to wait for an answer"
        finally:
            desk.signal(signal.SIGCONT)
        terminal.shows(r"^desk0: ready for ")
        assert desk.stop() == 0
        terminal.shows(r"^nobody answers at ")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.attributes() == terminal.before


# ---- The terminal ---------------------------------------------------------------------------------------------------

def test_keys(pretender):
    path = pretender(*(answer(100, 60_000 + n) for n in range(1000)))
    with top(path) as terminal:
        terminal.shows(r"^raw/99 ")
        terminal.press("\x1bOB")
        terminal.shows(r"lines 2-")
        terminal.press("\x1b[6~")
        terminal.shows(r"^raw/75 ")
        terminal.press("\x1bOF")
        terminal.shows(r"^PROCESS ")
        terminal.press("kk\x1b[5~\x1bOH")
        terminal.shows(r"lines 1-")
        terminal.press("ss")
        terminal.shows(r"^raw/0 ")
        terminal.press("p")
        terminal.shows("PAUSED")
        before = terminal.screen()
        wait.stays(lambda: terminal.screen() == before, 0.6, "nothing to move while it is paused")
        terminal.press(" p")
        terminal.shows(r"^ q quit")
        terminal.press("h")
        terminal.shows(r"^LAG/?s? +what is in Kafka")
        terminal.press("q")
        assert terminal.wait() == 0
        assert terminal.attributes() == terminal.before


def test_names_of_all_scripts_and_sizes(pretender):
    path = pretender(answer(3, name="北港-Übersee \x1b[2J"))
    with top(path) as terminal:
        terminal.shows(r"^北港-Übersee \?\[2J: ready for 1 min 0 s")
        terminal.resize(8, 40)
        terminal.shows(r"lines 1-4 of \d+|^ q quit  p pause  space ask now")
        screen = terminal.shows(r"^STAGE +ART/s MEAN µs BUSY %$").string
        assert len(screen.split("\n")) == 8
        terminal.resize(1, 1)
        terminal.resize(24, 120)
        terminal.shows(r"^raw/2 .* 2 ")
        terminal.press("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(pretender, number):
    with top(pretender(answer())) as terminal:
        terminal.shows(r"^desk0: ready")
        assert terminal.attributes() != terminal.before
        terminal.process.send_signal(number)
        assert terminal.wait() == -number
        assert terminal.attributes() == terminal.before


def test_stopped_and_taken_up_again_from_a_shell(pretender):
    path = pretender(answer())
    with Terminal(["bash", "--norc", "--noediting", "-i"], PS1="$ ") as terminal:
        terminal.shows(r"^\$ $|^\$$")
        before = terminal.attributes()
        terminal.press(f"{BUILD}/copydesk top --socket {path}\n")
        terminal.shows(r"^raw/0 ")
        terminal.press("\x1a")
        terminal.shows(r"Stopped +.*copydesk top")
        assert terminal.attributes() == before
        terminal.press("fg\n")
        terminal.shows(r"^raw/0 ")
        terminal.press("q")
        terminal.shows(r"^\$$")
        terminal.press("echo status=$?\n")
        terminal.shows(r"^status=0$")
        assert terminal.attributes() == before


def test_without_a_terminal_it_names_what_needs_none(pretender):
    done = run(["top", "--socket", pretender(answer())])
    assert done.returncode == USAGE and b"copydesk status" in done.stderr and b"--batch" in done.stderr
    with top("/not/there.sock", TERM="no-such-terminal") as terminal:
        assert terminal.wait() == USAGE
        assert "TERM" in terminal.screen() and terminal.attributes() == terminal.before


# ---- Batch mode -----------------------------------------------------------------------------------------------------

def test_a_daemon_that_restarts_gives_no_negative_rates(pretender):
    young = answer(1, 500)
    young["status"]["stats"]["total"]["read"] = young["status"]["stats"]["partitions"][0]["read"] = 3
    path = pretender(answer(1, 60_000), answer(1, 61_000), young)
    done = run(["top", "--socket", path, "--batch", "--rounds", "3", "--interval", "0.1"])
    assert done.returncode == 0
    rates = re.findall(r"^in (\S+)/s   out (\S+)/s", done.stdout.decode(), re.M)
    assert rates == [("1.7", "1.5"), ("0.0", "0.0"), ("6.0", "180")]


def test_the_last_round_gives_the_exit_status(folder, pretender):
    gone = folder / "gone.sock"
    done = run(["top", "--socket", gone, "--batch", "--rounds", "2", "--interval", "0.1"])
    assert done.returncode == NOT_RUNNING and done.stdout.decode().count(f"nobody answers at {gone}") == 2
    path = pretender(answer(), b"no \x1b[31mJSON\n", b'{"ok":false,"message":"too many \\u001b[31mclients"}\n', answer())
    batch = ["top", "--socket", path, "--batch", "--interval", "0.1", "--rounds"]
    done = run([*batch, "3"])
    assert done.returncode == FAILED and b"\x1b" not in done.stdout
    assert re.search(r"^desk0: .*odd\.sock: what it says is no answer\n.*odd\.sock: too many \[31mclients$", done.stdout.decode(),
                     re.M | re.S)
    assert run([*batch, "1"]).returncode == 0


@pytest.mark.parametrize("arguments", [["x"], ["--interval", "0"], ["--interval", "nan"], ["--interval", "1s"], ["--sort", "size"],
                                       ["--rounds", "2"], ["--batch", "--rounds", "0"]])
def test_wrong_usage(arguments):
    assert run(["top", *arguments]).returncode == USAGE
